// A gaussian copula by class (Sklar 1959; Nelsen 2006): columns have the values of a table's, and
// the correlations of its ranks. A row whose target is a real number is drawn as is likely beside
// it. What a copula does not have is any dependence but that of two columns' ranks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/normal_quantile.h"
#include "formats/class_counts.h"
#include "noise/copula_fit.h"
#include "noise/generator.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostColumns = 512;

double below(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

std::vector<std::int64_t> labels_of(const Dataset& data) {
  const Field* field = class_labels(data);
  if (!field) return std::vector<std::int64_t>(data.rows());
  const auto labels = view_as<std::int64_t>(field->tensor.source->view());
  return {labels.begin(), labels.end()};
}

std::string describe(const Dataset& data) {
  std::string text;
  for (const Field& field : data.fields)
    text += fmt::format("{}'{}' {} {}", text.empty() ? "" : ", ", field.name,
                        dtype_name(field.tensor.dtype), to_string(field.sample_shape()));
  return text;
}

void check_table(const Dataset& data, const Dataset& table) {
  bool fits = data.fields.size() == table.fields.size();
  for (std::size_t f = 0; fits && f < data.fields.size(); ++f) {
    const Field &a = data.fields[f], &b = table.fields[f];
    fits = a.role == b.role && a.tensor.dtype == b.tensor.dtype && a.width() == b.width();
  }
  if (!fits)
    throw Error(ErrorCode::kInvalid, table.where,
                fmt::format("has {}, but --noise copula imitates {} with {}; give rows of the same "
                            "kind, or another --noise",
                            describe(table), data.where, describe(data)));
  if (const std::size_t count = copula_columns(data).size(); count > kMostColumns)
    throw Error(ErrorCode::kInvalid, data.where,
                fmt::format("has {} values a row, but --noise copula takes up to {}; for images "
                            "there are likeness, spectrum and leaves",
                            count, kMostColumns));
}

class Copula : public Generator {
 public:
  Copula(std::shared_ptr<const Dataset> data, const Dataset& table) : data_(std::move(data)) {
    check_table(*data_, table);
    labels_ = labels_of(*data_);
    fit_ = fit_copula(table, labels_);
  }

  bool draws_whole_rows() const override { return true; }

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    const CopulaFit::Class& own = fit_.of(labels_[like]);
    const CopulaFit::Triangle& triangle = fit_.triangles[own.triangle];
    const auto [first, width] = place_of(field);
    const auto end = static_cast<Eigen::Index>(first + width);
    Eigen::VectorXd normal(end);
    beside_targets(own, triangle, like, random, normal);
    for (auto i = static_cast<Eigen::Index>(fit_.targets); i < end; ++i)
      normal[i] = random.normal();
    const Eigen::VectorXd behind = triangle.block(static_cast<Eigen::Index>(first), 0,
                                                  end - static_cast<Eigen::Index>(first), end) *
                                   normal;
    const DType dtype = data_->fields[field].tensor.dtype;
    for (std::size_t i = 0; i < width; ++i)
      store_number(dtype, out, i,
                   own.columns[first + i].at(below(behind[static_cast<Eigen::Index>(i)])));
  }

 private:
  // A feature's first column, and how many there are.
  std::pair<std::size_t, std::size_t> place_of(std::size_t field) const {
    std::size_t first = fit_.targets;
    for (std::size_t f = 0; f < field; ++f) first += data_->fields[f].width();
    return {first, data_->fields[field].width()};
  }

  // The independent variables that give the row its targets: somewhere between their ranks.
  void beside_targets(const CopulaFit::Class& own, const CopulaFit::Triangle& triangle,
                      std::uint64_t like, RandomStream& random, Eigen::VectorXd& normal) const {
    for (std::size_t t = 0; t < fit_.targets; ++t) {
      const auto [low, high] = own.columns[t].ranks(load_number(*data_, fit_.columns[t], like));
      const double part = std::clamp(low + (high - low) * random.uniform(), 0x1p-53, 1 - 0x1p-53);
      const auto i = static_cast<Eigen::Index>(t);
      const double rest = normal_quantile(part) - triangle.row(i).head(i).dot(normal.head(i));
      normal[i] = triangle(i, i) > 0 ? rest / triangle(i, i) : 0;
    }
  }

  std::shared_ptr<const Dataset> data_;
  std::vector<std::int64_t> labels_;  // by row
  CopulaFit fit_;
};

}  // namespace

std::unique_ptr<Generator> make_copula(std::shared_ptr<const Dataset> data, const Dataset& table) {
  return std::make_unique<Copula>(std::move(data), table);
}

}  // namespace amalgam
