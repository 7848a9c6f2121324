#include "noise/copula_fit.h"

#include <algorithm>

#include "base/bytes.h"
#include "formats/class_counts.h"
#include "noise/classes.h"
#include "noise/generator.h"
#include "noise/grid.h"
#include "noise/score_correlation.h"

namespace amalgam {
namespace {

using Matrix = Eigen::MatrixXd;
using Rows = std::vector<std::uint64_t>;

constexpr std::uint64_t kMostValues = std::uint64_t{1} << 25;
constexpr std::uint64_t kLatticeRows = 1 << 16;     // that tell where a column's values lie
constexpr std::uint64_t kCorrelatedRows = 1 << 13;  // of a class
// Fewer rows a column leave correlations that are drawn out by chance.
constexpr double kEnoughRows = 10;
constexpr std::size_t kTogether = 16;  // columns that are read in one pass, a line of the cache

Rows spaced(const Rows& rows, std::uint64_t most) {
  const std::uint64_t count = std::min<std::uint64_t>(most, rows.size());
  Rows out(count);
  for (std::uint64_t i = 0; i < count; ++i) out[i] = rows[i * rows.size() / count];
  return out;
}

class Fitting {
 public:
  explicit Fitting(const Dataset& table) : table_(table), all_(table.rows()) {
    fit_.columns = copula_columns(table);
    fit_.targets = static_cast<std::size_t>(std::ranges::count_if(
        fit_.columns, [&](const Column& c) { return c.field >= table.feature_count(); }));
    for (std::uint64_t row = 0; row < all_.size(); ++row) all_[row] = row;
    for (const Field& field : table.fields) {
      views_.push_back(field.tensor.source->view());
      widths_.push_back(field.width());
    }
    each_column(spaced(all_, kLatticeRows), [&](std::size_t, std::vector<double>& values) {
      std::ranges::sort(values);
      lattices_.push_back(std::make_shared<const Lattice>(values));
    });
  }

  CopulaFit fit(std::span<const std::int64_t> labels) && {
    const RowClasses classes = rows_by_class(table_);
    const Field* field = class_labels(table_);
    for (const Rows& rows : classes.groups) {
      if (rows.size() < kLeastCopulaRows) continue;
      const Bytes own = field ? field->tensor.source->view() : Bytes();
      fit_.number.emplace(field ? load_le<std::int64_t>(own, 8 * rows[0]) : 0, fit_.classes.size());
      add_class(rows);
    }
    const bool all_known = std::ranges::all_of(
        labels, [&](std::int64_t label) { return fit_.number.count(label) > 0; });
    if (!all_known || fit_.classes.empty()) {
      fit_.other = fit_.classes.size();
      add_class(all_);
    }
    add_triangles();
    return std::move(fit_);
  }

 private:
  // Calls with each column's number and its values in those rows.
  template <typename Call>
  void each_column(const Rows& rows, const Call& call) const {
    const std::size_t count = fit_.columns.size();
    for (std::size_t from = 0; from < count; from += kTogether) {
      const std::span<const Column> columns =
          std::span(fit_.columns).subspan(from, std::min(kTogether, count - from));
      std::vector<std::vector<double>> values(columns.size(), std::vector<double>(rows.size()));
      for (std::size_t r = 0; r < rows.size(); ++r)
        for (std::size_t c = 0; c < columns.size(); ++c) {
          const auto [field, element] = columns[c];
          values[c][r] = load_number(table_.fields[field].tensor.dtype, views_[field],
                                     rows[r] * widths_[field] + element);
        }
      for (std::size_t c = 0; c < columns.size(); ++c) call(from + c, values[c]);
    }
  }

  std::vector<Marginal> marginals(const Rows& rows) const {
    const double most = static_cast<double>(kMostValues) / static_cast<double>(fit_.columns.size());
    const double part = most / static_cast<double>(all_.size());
    const Rows kept =
        spaced(rows, 1 + static_cast<std::uint64_t>(part * static_cast<double>(rows.size())));
    std::vector<Marginal> out;
    each_column(kept, [&](std::size_t column, std::vector<double>& values) {
      std::ranges::sort(values);
      out.emplace_back(std::move(values), lattices_[column]);
    });
    return out;
  }

  Matrix scores(const std::vector<Marginal>& marginals, const Rows& rows) const {
    Matrix out(rows.size(), marginals.size());
    each_column(rows, [&](std::size_t column, const std::vector<double>& values) {
      for (std::size_t r = 0; r < rows.size(); ++r)
        out(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(column)) =
            marginals[column].score(values[r]);
    });
    return out;
  }

  void add_class(const Rows& rows) {
    const std::vector<Marginal>& own =
        fit_.classes.emplace_back(CopulaFit::Class{marginals(rows)}).columns;
    const Rows kept = spaced(rows, kCorrelatedRows);
    Correlation correlation = correlation_behind(own, scores(own, kept));
    mean_.add(correlation);
    // A matrix for each small class could be larger than the table.
    if (kept.size() <= fit_.columns.size()) correlation.of.resize(0, 0);
    correlations_.push_back(std::move(correlation));
  }

  void add_triangles() {
    Correlation mean = mean_.mean();
    const auto width = mean.of.cols();
    if (mean.rows < kEnoughRows * static_cast<double>(width))
      shrink(mean, Matrix::Identity(width, width));
    std::optional<std::size_t> shared;
    for (std::size_t c = 0; c < fit_.classes.size(); ++c) {
      Correlation& own = correlations_[c];
      if (own.of.size() == 0) {
        if (!shared) shared = add_triangle(mean);
        fit_.classes[c].triangle = *shared;
      } else {
        shrink(own, mean.of);
        fit_.classes[c].triangle = add_triangle(own);
        own.of.resize(0, 0);
      }
    }
  }

  std::size_t add_triangle(const Correlation& correlation) {
    fit_.triangles.emplace_back(triangle_of(correlation));
    return fit_.triangles.size() - 1;
  }

  const Dataset& table_;
  std::vector<Bytes> views_;  // by field
  std::vector<std::uint64_t> widths_;
  Rows all_;
  std::vector<std::shared_ptr<const Lattice>> lattices_;
  CorrelationMean mean_;
  std::vector<Correlation> correlations_;  // by class; empty: the mean
  CopulaFit fit_;
};

}  // namespace

double load_number(const Dataset& data, const Column& column, std::uint64_t row) {
  const Field& field = data.fields[column.field];
  return load_number(field, row * field.width() + column.element);
}

const CopulaFit::Class& CopulaFit::of(std::int64_t label) const {
  const auto found = number.find(label);
  return classes[found == number.end() ? other : found->second];
}

std::vector<Column> copula_columns(const Dataset& table) {
  std::vector<Column> columns;
  const auto add = [&](std::size_t field) {
    for (std::uint64_t i = 0; i < table.fields[field].width(); ++i) columns.push_back({field, i});
  };
  const std::size_t features = table.feature_count();
  for (std::size_t f = features; f < table.fields.size(); ++f)
    if (table.fields[f].tensor.dtype == DType::kFloat32) add(f);
  for (std::size_t f = 0; f < features; ++f) add(f);
  return columns;
}

CopulaFit fit_copula(const Dataset& table, std::span<const std::int64_t> labels) {
  return Fitting(table).fit(labels);
}

}  // namespace amalgam
