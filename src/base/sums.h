// Sums of numbers about an origin: with one that is near their mean, as any of them is, the squares
// of large numbers that hardly differ lose nothing. All in float64, in the order in which numbers
// are added.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace amalgam {

// Of numbers that belong together.
struct Sums {
  static constexpr double kNone = std::numeric_limits<double>::infinity();

  double origin = 0;
  double sum = 0, squares = 0;          // of differences from the origin
  double least = kNone, most = -kNone;  // of the numbers
  std::uint64_t count = 0;

  void add(double number) {
    add_to(sum, squares, least, most, number, number - origin);
    ++count;
  }
  // Adds the sums of others to these. REQUIRES: the same origin.
  void join(const Sums& others) {
    sum += others.sum;
    squares += others.squares;
    least = std::min(least, others.least);
    most = std::max(most, others.most);
    count += others.count;
  }

  bool constant() const { return least == most; }
  // REQUIRES of those below: at least one number.
  double total() const { return origin * static_cast<double>(count) + sum; }
  double mean() const { return origin + sum / static_cast<double>(count); }
  // Divided by the count.
  double variance() const {
    const auto n = static_cast<double>(count);
    return std::max(0.0, (squares - sum * sum / n) / n);
  }
  // Of differences from `centre`.
  double squares_about(double centre) const {
    const double off = origin - centre;
    return squares + 2 * off * sum + static_cast<double>(count) * off * off;
  }

  // What one number adds, `from` its origin.
  static void add_to(double& sum, double& squares, double& least, double& most, double number,
                     double from) {
    sum += from;
    squares += from * from;
    least = std::min(least, number);
    most = std::max(most, number);
  }
};

// Of the columns of rows, each about an origin of its own. Kept apart by what they are, so that
// adding a row becomes vector operations.
class ColumnSums {
 public:
  explicit ColumnSums(std::vector<double> origins)
      : origins_(std::move(origins)),
        sums_(origins_.size()),
        squares_(origins_.size()),
        least_(origins_.size(), Sums::kNone),
        most_(origins_.size(), -Sums::kNone) {}

  std::size_t width() const { return origins_.size(); }
  std::uint64_t rows() const { return rows_; }

  // REQUIRES of `row` and `others`: the same columns, and of these the same origins.
  template <typename Number>
  void add(std::span<const Number> row) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const auto number = static_cast<double>(row[c]);
      Sums::add_to(sums_[c], squares_[c], least_[c], most_[c], number, number - origins_[c]);
    }
    ++rows_;
  }
  void join(const ColumnSums& others) {
    for (std::size_t c = 0; c < width(); ++c) {
      sums_[c] += others.sums_[c];
      squares_[c] += others.squares_[c];
      least_[c] = std::min(least_[c], others.least_[c]);
      most_[c] = std::max(most_[c], others.most_[c]);
    }
    rows_ += others.rows_;
  }

  Sums of(std::size_t column) const {
    return {origins_[column], sums_[column], squares_[column],
            least_[column],   most_[column], rows_};
  }

 private:
  std::vector<double> origins_, sums_, squares_, least_, most_;
  std::uint64_t rows_ = 0;
};

}  // namespace amalgam
