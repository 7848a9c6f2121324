#include "verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>

#include "base/bytes.h"

namespace amalgam {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<std::byte> bytes_of(const Tensor& tensor) {
  std::vector<std::byte> bytes(tensor.bytes());
  tensor.source->read(0, bytes);
  return bytes;
}

bool has_numbers(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kFloat64:
    case DType::kBFloat16:
    case DType::kUInt8:
    case DType::kInt32:
    case DType::kInt64:
      return true;
    default:
      return false;
  }
}

double number_at(DType dtype, Bytes bytes, std::uint64_t i) {
  switch (dtype) {
    case DType::kFloat64:
      return load_le<double>(bytes, 8 * i);
    case DType::kBFloat16:
      return static_cast<double>(
          std::bit_cast<float>(std::uint32_t{load_le<std::uint16_t>(bytes, 2 * i)} << 16));
    case DType::kUInt8:
      return load_le<std::uint8_t>(bytes, i);
    case DType::kInt32:
      return load_le<std::int32_t>(bytes, 4 * i);
    case DType::kInt64:
      return static_cast<double>(load_le<std::int64_t>(bytes, 8 * i));
    default:
      return static_cast<double>(load_le<float>(bytes, 4 * i));
  }
}

Difference no_numbers(const std::string& name, std::string what) {
  return {name, kInfinity, kInfinity, std::move(what)};
}

// REQUIRES: same dtype and shape.
Difference difference_of(const std::string& name, DType dtype, Bytes found, Bytes expected) {
  if (!has_numbers(dtype))
    return no_numbers(name, fmt::format("differs, and {} has no distance", dtype_name(dtype)));
  Difference difference{name, 0, 0, ""};
  const std::uint64_t count = found.size() / dtype_size(dtype);
  for (std::uint64_t i = 0; i < count; ++i) {
    const double a = number_at(dtype, found, i), b = number_at(dtype, expected, i);
    if (!std::isfinite(a) || !std::isfinite(b)) {
      if (a == b || (std::isnan(a) && std::isnan(b))) continue;
      return no_numbers(name, fmt::format("is {} in element {}, plain training gives {}", a, i, b));
    }
    difference.largest = std::max(difference.largest, std::abs(a - b));
    difference.norm += (a - b) * (a - b);
  }
  difference.norm = std::sqrt(difference.norm);
  // Bits that are no numbers' (zeros of another sign): no distance excuses them.
  return difference;
}

std::string kind_of(const Tensor& tensor) {
  return fmt::format("{} {}", dtype_name(tensor.dtype), to_string(tensor.shape));
}

}  // namespace

bool Comparison::comparable() const {
  return std::all_of(differences.begin(), differences.end(),
                     [](const Difference& difference) { return difference.what.empty(); });
}

double Comparison::distance() const {
  double sum = 0;
  for (const Difference& difference : differences) sum += difference.norm * difference.norm;
  return std::sqrt(sum);
}

Comparison compare(const std::vector<NamedTensor>& found,
                   const std::vector<NamedTensor>& expected) {
  std::map<std::string, std::pair<const Tensor*, const Tensor*>> both;
  for (const NamedTensor& named : found) both[named.name].first = &named.tensor;
  for (const NamedTensor& named : expected) both[named.name].second = &named.tensor;
  Comparison result;
  for (const auto& [name, pair] : both) {
    ++result.tensors;
    const auto [a, b] = pair;
    if (!a || !b) {
      result.differences.push_back(
          no_numbers(name, a ? "is a tensor that plain training does not have" : "is missing"));
      continue;
    }
    if (a->dtype != b->dtype || a->shape != b->shape) {
      result.differences.push_back(no_numbers(
          name, fmt::format("is {}, plain training gives {}", kind_of(*a), kind_of(*b))));
      continue;
    }
    const std::vector<std::byte> left = bytes_of(*a), right = bytes_of(*b);
    if (left == right)
      ++result.identical;
    else
      result.differences.push_back(difference_of(name, a->dtype, left, right));
  }
  return result;
}

std::string largest_text(const Comparison& comparison) {
  const auto largest = std::max_element(
      comparison.differences.begin(), comparison.differences.end(),
      [](const Difference& a, const Difference& b) { return a.largest < b.largest; });
  if (largest == comparison.differences.end()) return "0";
  return fmt::format("{:.3g} ({})", largest->largest, largest->tensor);
}

}  // namespace amalgam
