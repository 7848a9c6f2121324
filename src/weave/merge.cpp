#include "weave/merge.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace amalgam {

RowMerger::RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns,
                     std::size_t item) {
  std::uint64_t total = 0;
  std::vector<std::uint64_t> widths;  // bytes of each stream's row
  for (const auto* list : columns) {
    total += list->size();
    widths.push_back(list->size() * item);
  }
  row_bytes_ = total * item;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> origin(row_bytes_);  // stream, byte
  for (std::uint32_t stream = 0; stream < columns.size(); ++stream)
    for (std::uint64_t i = 0; i < columns[stream]->size(); ++i)
      for (std::size_t b = 0; b < item; ++b)
        origin[(*columns[stream])[i] * item + b] = {stream, i * item + b};
  for (std::size_t at = 0; at < row_bytes_; at += kBlock) add_block(origin, at, widths);
  first_load_.push_back(static_cast<std::uint32_t>(loads_.size()));
}

void RowMerger::add_block(const std::vector<std::pair<std::uint32_t, std::uint64_t>>& origin,
                          std::size_t at, const std::vector<std::uint64_t>& widths) {
  const std::size_t size = std::min(kBlock, row_bytes_ - at);
  first_load_.push_back(static_cast<std::uint32_t>(loads_.size()));
  const std::size_t before = loads_.size();
  for (std::size_t b = 0; b < size; ++b) {
    const auto [stream, from] = origin[at + b];
    if (size < kBlock || widths[stream] < kBlock) {
      copies_.push_back({stream, from, at + b});
      continue;
    }
    auto load = std::find_if(loads_.begin() + static_cast<std::ptrdiff_t>(before), loads_.end(),
                             [s = stream](const Load& l) { return l.stream == s; });
    if (load == loads_.end()) {
      // A load must not run past its row's end.
      const std::uint64_t offset = std::min<std::uint64_t>(from, widths[stream] - kBlock);
      loads_.push_back({stream, static_cast<std::uint32_t>(offset), {}});
      load = loads_.end() - 1;
      load->mask.fill(0x80);
    }
    load->mask[b] = static_cast<std::uint8_t>(from - load->offset);
  }
}

void RowMerger::merge(const std::byte* const* sources, std::byte* out) const {
#if defined(__x86_64__)
  static const bool fast = __builtin_cpu_supports("ssse3");
  if (fast) {
    merge_ssse3(sources, out);
  } else {
    merge_plain(sources, out);
  }
#else
  merge_plain(sources, out);
#endif
  for (const Copy& copy : copies_) out[copy.to] = sources[copy.stream][copy.from];
}

void RowMerger::merge_plain(const std::byte* const* sources, std::byte* out) const {
  for (std::size_t block = 0; block + 1 < first_load_.size(); ++block)
    for (std::uint32_t i = first_load_[block]; i < first_load_[block + 1]; ++i)
      for (std::size_t b = 0; b < kBlock; ++b)
        if (const Load& load = loads_[i]; load.mask[b] < kBlock)
          out[block * kBlock + b] = sources[load.stream][load.offset + load.mask[b]];
}

#if defined(__x86_64__)
__attribute__((target("ssse3"))) void RowMerger::merge_ssse3(const std::byte* const* sources,
                                                             std::byte* out) const {
  const std::size_t whole = row_bytes_ / kBlock;
  const Load* load = loads_.data();
  for (std::size_t block = 0; block < whole; ++block) {
    const Load* const end = loads_.data() + first_load_[block + 1];
    __m128i merged = _mm_setzero_si128();
    for (; load != end; ++load) {
      const auto* from = reinterpret_cast<const __m128i*>(sources[load->stream] + load->offset);
      const auto* mask = reinterpret_cast<const __m128i*>(load->mask.data());
      merged = _mm_or_si128(merged, _mm_shuffle_epi8(_mm_loadu_si128(from), _mm_loadu_si128(mask)));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + block * kBlock), merged);
  }
}
#endif

}  // namespace amalgam
