#include "obfuscate/row_norms.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace amalgam {
namespace {

// Float32 leaves less of a norm of 1, and nobody's features have it by accident in so many rows.
constexpr double kExactNorm = 1e-5;
constexpr std::uint64_t kLeastRows = 16, kRowsLookedAt = 4096;
// So many times the variance that rounding leaves is more than that.
constexpr double kSure = 1.7;

double norm_of(Bytes row) {
  double squares = 0;
  for (std::size_t at = 0; at < row.size(); at += sizeof(float)) {
    const auto value = static_cast<double>(load_le<float>(row, at));
    squares += value * value;
  }
  return std::sqrt(squares);
}

// As vector units of 8 numbers add squares up, which torch.nn.functional.normalize and others use.
float norm_in_float32(Bytes row) {
  std::array<float, 8> sums{};
  for (std::size_t at = 0; at < row.size(); at += sizeof(float)) {
    const auto value = load_le<float>(row, at);
    sums[at / sizeof(float) % sums.size()] += value * value;
  }
  float squares = 0;
  for (const float sum : sums) squares += sum;
  return std::sqrt(squares);
}

// The variance of what rounding a row's values to float32 leaves of its norm.
double rounding_of(Bytes row) {
  double variance = 0;
  for (std::size_t at = 0; at < row.size(); at += sizeof(float)) {
    const float value = std::abs(load_le<float>(row, at));
    if (value == 0) continue;
    const double step = static_cast<double>(std::nextafter(value, INFINITY)) - value;
    variance += value * value * step * step / 12;
  }
  return variance;
}

}  // namespace

std::vector<double> row_norms(const Field& field, RowNumbers rows) {
  if (field.role != Role::kFeature || field.tensor.dtype != DType::kFloat32 || field.width() < 2)
    return {};
  const Bytes all = field.tensor.source->view();
  std::vector<double> left;
  for (const std::uint64_t row : rows) {
    const double norm = norm_of(all.subspan(row * field.row_bytes(), field.row_bytes()));
    if (norm == 0) continue;
    if (std::abs(norm - 1) > kExactNorm) return {};
    left.push_back(norm - 1);
  }
  return left.size() < kLeastRows ? std::vector<double>() : left;
}

bool rounded_norms(const std::vector<double>& off, const Field& field, RowNumbers rows) {
  const Bytes all = field.tensor.source->view();
  double left = 0, rounding = 0;
  for (const double one : off) left += one * one / static_cast<double>(off.size());
  const RowNumbers some = rows.first(std::min<std::size_t>(rows.size(), kRowsLookedAt));
  for (const std::uint64_t row : some)
    rounding += rounding_of(all.subspan(row * field.row_bytes(), field.row_bytes())) /
                static_cast<double>(some.size());
  return left > kSure * rounding;
}

void divide_by_norm(bool rounded, Bytes row, MutableBytes out) {
  const double norm = norm_of(row);
  const float as_float = norm_in_float32(row);
  for (std::size_t at = 0; at < row.size(); at += sizeof(float)) {
    const auto value = load_le<float>(row, at);
    const float divided = norm == 0 ? value
                          : rounded ? value / as_float
                                    : static_cast<float>(static_cast<double>(value) / norm);
    store_le(out, at, divided);
  }
}

}  // namespace amalgam
