// How the values of one column are spread: ranks become values again, which lie where the column's
// own do, and come again as often.
#pragma once

#include <memory>
#include <span>
#include <vector>

namespace amalgam {

// Where a column's values lie: on even steps of any size and origin (whole numbers, decimals,
// either of them after scaling), on numbers of a few digits, anywhere, or nowhere but where they
// were seen.
class Lattice {
 public:
  // REQUIRES: sorted, float32 or whole numbers.
  explicit Lattice(std::span<const double> sorted);

  // Whether there may be values between those that were seen.
  bool between() const { return between_; }
  // Between neighbours near this value; 0: any may lie there.
  double step(double near) const;
  double snap(double value) const;
  // Whether the value comes so often in the column that nothing is put in its place.
  bool is_mass(double value) const;

 private:
  void find_masses(std::span<const double> sorted);
  bool find_decimals(std::span<const double> distinct);
  bool find_digits(std::span<const double> distinct);
  bool find_steps(std::span<const double> distinct);

  bool between_ = false;
  double step_ = 0, origin_ = 0;
  double scale_ = 1;  // of decimals: whole multiples of the step are divided by it
  int digits_ = 0;    // that count in each value; 0: all
  // Of steps that are no decimals: a value near one of these is that one.
  std::vector<double> seen_;
  std::vector<double> masses_;
};

// Of the rows of one class.
class Marginal {
 public:
  // REQUIRES: sorted, not empty.
  Marginal(std::vector<double> sorted, std::shared_ptr<const Lattice> lattice);

  std::span<const double> values() const { return values_; }
  // The value that a part `u` of all lies below: one that was seen, or where values are rare one
  // between them. REQUIRES: 0 <= u <= 1.
  double at(double u) const;
  // The parts of all values that lie below this one, and not above it: of one that was never seen a
  // point at least half a row from the ends.
  struct Ranks {
    double below, upto;
  };
  Ranks ranks(double value) const;
  // The normal score of the mean of its ranks.
  double score(double value) const;

 private:
  std::vector<bool> smooth_pieces(std::size_t window) const;
  double repeats(std::size_t window, const std::vector<bool>& smooth) const;

  std::vector<double> values_;
  std::shared_ptr<const Lattice> lattice_;
  // Values are cut into pieces of so many ranks; in a smooth one all that may lie between its ends
  // are equally likely. 0: only values that were seen are drawn.
  std::size_t window_ = 0;
  std::vector<bool> smooth_;
};

}  // namespace amalgam
