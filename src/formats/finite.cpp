#include "formats/finite.h"

#include <algorithm>

#include "base/parallel.h"

namespace amalgam {
namespace {

void add_run(NotFiniteRuns& runs, std::uint64_t first, std::uint64_t count) {
  if (!runs.empty() && runs.back().first + runs.back().second == first)
    runs.back().second += count;
  else
    runs.emplace_back(first, count);
}

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
      add_run(runs, first + i, 1);
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

NotFiniteRuns not_finite_runs(const Tensor& tensor) {
  static constexpr std::uint64_t kBlock = std::uint64_t{1} << 20;
  if (!is_floating(tensor.dtype)) return {};
  const std::uint64_t size = tensor.bytes(), blocks = (size + kBlock - 1) / kBlock;
  std::vector<NotFiniteRuns> found(blocks);
  parallel_blocks(0, blocks, [&](std::uint64_t block) {
    const std::uint64_t begin = block * kBlock, count = std::min(kBlock, size - begin);
    Bytes piece = tensor.source->view();
    std::vector<std::byte> own;
    if (piece.empty()) {
      own.resize(count);
      tensor.source->read(begin, own);
      piece = own;
    } else {
      piece = piece.subspan(begin, count);
    }
    scan_not_finite(tensor.dtype, piece, begin / dtype_size(tensor.dtype), found[block]);
  });
  NotFiniteRuns runs;
  for (const NotFiniteRuns& some : found)
    for (const auto& [first, count] : some) add_run(runs, first, count);
  return runs;
}

}  // namespace amalgam
