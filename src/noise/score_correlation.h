// The correlations of a gaussian copula, from the normal scores of ranks.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "noise/marginal.h"

namespace amalgam {

// The correlation matrix of some rows' columns, and how well it is known.
struct Correlation {
  Eigen::MatrixXd of;      // beside the diagonal 0 in rows and columns of constants
  Eigen::VectorXd varies;  // 1, or 0 of constants
  double rows = 0;
};

// Of the normal variables behind columns, whose values are scored by the mean of their ranks. Ties
// hide a part of the correlation; what is given here has it back, so that columns which are drawn
// with it have the correlation that the scores have. REQUIRES: scores are [rows, columns].
Correlation correlation_behind(const std::vector<Marginal>& columns, const Eigen::MatrixXd& scores);

// The mean over classes, each with its rows' weight where its columns vary.
class CorrelationMean {
 public:
  void add(const Correlation& one);
  // REQUIRES: one was added.
  Correlation mean() const;

 private:
  Eigen::MatrixXd sum_, weights_;
  double rows_ = 0;
};

// Drawn towards another matrix as far as chance explains their difference (Schaefer and Strimmer
// 2005): the fewer rows, the farther.
void shrink(Correlation& correlation, const Eigen::MatrixXd& towards);

// The lower triangle whose product with its transpose is the correlation; where that is none of any
// variables (not positive semidefinite), of the nearest that is one, by its eigenvalues. Columns
// that follow from those before them get no variable of their own.
Eigen::MatrixXd triangle_of(const Correlation& correlation);

}  // namespace amalgam
