#include "formats/finite.h"

namespace amalgam {
namespace {

// A float is not finite when all bits of its exponent are set.
template <typename T>
void scan(Bytes piece, std::uint64_t first, T exponent, NotFiniteRuns& runs) {
  const std::size_t count = piece.size() / sizeof(T);
  static constexpr std::size_t kStep = 1024;
  for (std::size_t begin = 0; begin < count; begin += kStep) {
    const std::size_t end = std::min(count, begin + kStep);
    bool any = false;  // a first look that vectorises
    for (std::size_t i = begin; i < end; ++i)
      any |= (load_le<T>(piece, i * sizeof(T)) & exponent) == exponent;
    for (std::size_t i = begin; any && i < end; ++i) {
      if ((load_le<T>(piece, i * sizeof(T)) & exponent) != exponent) continue;
      if (!runs.empty() && runs.back().first + runs.back().second == first + i)
        ++runs.back().second;
      else
        runs.emplace_back(first + i, 1);
    }
  }
}

}  // namespace

void scan_not_finite(DType dtype, Bytes piece, std::uint64_t first, NotFiniteRuns& runs) {
  switch (dtype) {
    case DType::kFloat16:
      return scan<std::uint16_t>(piece, first, 0x7C00, runs);
    case DType::kBFloat16:
      return scan<std::uint16_t>(piece, first, 0x7F80, runs);
    case DType::kFloat32:
      return scan<std::uint32_t>(piece, first, 0x7F800000u, runs);
    case DType::kFloat64:
      return scan<std::uint64_t>(piece, first, 0x7FF0000000000000u, runs);
    default:
      return;
  }
}

void FiniteScan::read(std::uint64_t offset, MutableBytes out) const {
  base_.source->read(offset, out);
  if (offset == 0) runs_.clear();
  scan_not_finite(base_.dtype, out, offset / dtype_size(base_.dtype), runs_);
}

}  // namespace amalgam
