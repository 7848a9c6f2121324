// What a gaussian copula learns of a table: by class, how each column's values are spread, and how
// the ranks of columns are correlated.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "amalgam/dataset.h"
#include "noise/marginal.h"

namespace amalgam {

// One value of a row.
struct Column {
  std::size_t field = 0;
  std::uint64_t element = 0;
};
double load_number(const Dataset& data, const Column& column, std::uint64_t row);

struct CopulaFit {
  using Triangle = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  struct Class {
    std::vector<Marginal> columns;
    std::size_t triangle = 0;
  };

  std::vector<Column> columns;  // targets that are real numbers, then features, field by field
  std::size_t targets = 0;      // of these columns
  std::vector<Class> classes;
  std::map<std::int64_t, std::size_t> number;  // of classes that have enough rows
  std::size_t other = 0;  // the class of all rows, for labels that have no other
  // Of the correlations of normal variables: a row's are the triangle times independent ones.
  std::vector<Triangle> triangles;

  const Class& of(std::int64_t label) const;
};

// Targets that are real numbers, then features, field by field.
std::vector<Column> copula_columns(const Dataset& table);

// `labels` are those that rows will be drawn for. Classes of few rows, and those that the table
// lacks, are like all of it. Of large tables some rows are looked at, evenly spaced.
CopulaFit fit_copula(const Dataset& table, std::span<const std::int64_t> labels);

}  // namespace amalgam
