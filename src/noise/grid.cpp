#include "noise/grid.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/bytes.h"

namespace amalgam {

double Grid::snap(double value) const {
  value = std::clamp(value, least, most);
  if (values.empty()) return value;
  const auto above = std::lower_bound(values.begin(), values.end(), value);
  if (above == values.begin()) return *above;
  if (above == values.end()) return values.back();
  return value - *(above - 1) <= *above - value ? *(above - 1) : *above;
}

double load_number(DType dtype, Bytes bytes, std::uint64_t element) {
  switch (dtype) {
    case DType::kUInt8:
      return std::to_integer<std::uint8_t>(bytes[element]);
    case DType::kInt32:
      return load_le<std::int32_t>(bytes, 4 * element);
    case DType::kInt64:
      return static_cast<double>(load_le<std::int64_t>(bytes, 8 * element));
    case DType::kFloat32:
      return load_le<float>(bytes, 4 * element);
    default:
      throw Error(ErrorCode::kUnsupported, "", "features are uint8, int32, int64 or float32");
  }
}

double load_number(const Field& field, std::uint64_t element) {
  return load_number(field.tensor.dtype, field.tensor.source->view(), element);
}

void store_number(DType dtype, MutableBytes out, std::size_t element, double value) {
  switch (dtype) {
    case DType::kUInt8:
      out[element] = static_cast<std::byte>(std::lround(value));
      return;
    case DType::kInt32:
      store_le(out, 4 * element, static_cast<std::int32_t>(std::llround(value)));
      return;
    case DType::kInt64:
      store_le(out, 8 * element, static_cast<std::int64_t>(std::llround(value)));
      return;
    default:
      store_le(out, 4 * element, static_cast<float>(value));
      return;
  }
}

Grid find_grid(const Field& field) {
  Grid grid;
  const std::uint64_t count = field.rows() * field.width();
  bool started = false, coarse = true;
  std::set<double> values;
  double previous = std::nan("");
  for (std::uint64_t i = 0; i < count; ++i) {
    const double value = load_number(field, i);
    if (value == previous || !std::isfinite(value)) continue;
    previous = value;
    grid.least = started ? std::min(grid.least, value) : value;
    grid.most = started ? std::max(grid.most, value) : value;
    started = true;
    if (coarse) values.insert(value);
    if (values.size() > Grid::kMost) {
      coarse = false;
      values.clear();
    }
  }
  grid.values.assign(values.begin(), values.end());
  return grid;
}

}  // namespace amalgam
