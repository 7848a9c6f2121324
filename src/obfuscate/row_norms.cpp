#include "obfuscate/row_norms.h"

#include <algorithm>
#include <cmath>

#include "obfuscate/leavings.h"

namespace amalgam {
namespace {

// Float32 leaves less of a norm of 1, and nobody's features have it by accident in so many rows.
constexpr double kExactNorm = 1e-5;
constexpr std::uint64_t kLeastRows = 16, kRowsLookedAt = 4096;

double norm_of(Bytes row) {
  double squares = 0;
  for (std::size_t at = 0; at < row.size(); at += sizeof(float)) {
    const auto value = static_cast<double>(load_le<float>(row, at));
    squares += value * value;
  }
  return std::sqrt(squares);
}

// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
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

std::vector<std::vector<double>> row_norms(const Dataset& data, RowNumbers rows) {
  std::vector<std::vector<double>> all;
  for (const Field& field : data.fields) all.push_back(row_norms(field, rows));
  return all;
}

NormScaling::NormScaling(const std::vector<double>& left, const Field& field, RowNumbers rows,
                         std::uint64_t salt)
    : left_{0}, salt_(salt) {
  const Bytes all = field.tensor.source->view();
  std::vector<std::byte> scaled(field.row_bytes());
  std::vector<double> rounded;
  for (const std::uint64_t row : rows.first(std::min<std::size_t>(rows.size(), kRowsLookedAt))) {
    apply(row, all.subspan(row * field.row_bytes(), field.row_bytes()), scaled);
    rounded.push_back(norm_of(scaled) - 1);
  }
  left_ = beyond_rounding(left, root_mean_square(rounded));
}

void NormScaling::apply(std::uint64_t number, Bytes row, MutableBytes out) const {
  const double norm = norm_of(row);
  const double by = norm == 0 ? 1 : (1 + left_[mixed(salt_ ^ mixed(number)) % left_.size()]) / norm;
  for (std::size_t at = 0; at < row.size(); at += sizeof(float))
    store_le(out, at, static_cast<float>(static_cast<double>(load_le<float>(row, at)) * by));
}

}  // namespace amalgam
