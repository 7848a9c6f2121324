#include "weave/merge.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace amalgam {
namespace {

constexpr std::uint8_t kNothing = 0x80;

RowMerger::Instructions best_instructions() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw"))
    return __builtin_cpu_supports("avx512vbmi2") ? RowMerger::Instructions::kVbmi2
                                                 : RowMerger::Instructions::kVbmi;
  if (__builtin_cpu_supports("ssse3")) return RowMerger::Instructions::kSsse3;
#endif
  return RowMerger::Instructions::kPlain;
}

}  // namespace

RowMerger::RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns,
                     std::size_t item)
    : RowMerger(columns, item, best_instructions()) {}

RowMerger::RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns,
                     std::size_t item, Instructions most)
    : instructions_(std::min(most, best_instructions())) {
  std::vector<std::uint64_t> widths;  // bytes of each stream's row
  for (const auto* list : columns) {
    widths.push_back(list->size() * item);
    row_bytes_ += list->size() * item;
  }
  // Narrow rows can't be loaded 64 bytes at a time.
  if (instructions_ >= Instructions::kVbmi && *std::min_element(widths.begin(), widths.end()) < 64)
    instructions_ = Instructions::kSsse3;
  block_ = instructions_ >= Instructions::kVbmi ? 64 : 16;
  std::vector<Origin> origin(row_bytes_);
  for (std::uint32_t stream = 0; stream < columns.size(); ++stream)
    for (std::uint64_t i = 0; i < columns[stream]->size(); ++i)
      for (std::size_t b = 0; b < item; ++b)
        origin[(*columns[stream])[i] * item + b] = {stream, i * item + b};
  std::size_t at = 0;
  for (; at + block_ <= row_bytes_; at += block_) add_block(origin, at, widths);
  // What remains: with VBMI a whole block again, which overlaps the one before; else byte by byte.
  if (at < row_bytes_)
    add_block(origin, instructions_ >= Instructions::kVbmi ? row_bytes_ - block_ : at, widths);
  first_load_.push_back(static_cast<std::uint32_t>(loads_.size()));
}

void RowMerger::add_block(const std::vector<Origin>& origin, std::size_t at,
                          const std::vector<std::uint64_t>& widths) {
  const std::size_t size = std::min(block_, row_bytes_ - at);
  const std::size_t first = loads_.size();
  first_load_.push_back(static_cast<std::uint32_t>(first));
  const bool whole = size == block_;
  for (std::size_t b = 0; b < size; ++b) {
    const Origin& from = origin[at + b];
    if (!whole || widths[from.stream] < block_) {
      copies_.push_back({from.stream, from.byte, at + b});
      continue;
    }
    const std::size_t load = find_load(first, from, widths[from.stream]);
    loads_[load].keep |= std::uint64_t{1} << b;
    shuffles_[load * block_ + b] = static_cast<std::uint8_t>(from.byte - loads_[load].offset);
  }
}

std::size_t RowMerger::find_load(std::size_t first, const Origin& origin, std::uint64_t width) {
  for (std::size_t i = first; i < loads_.size(); ++i)
    if (loads_[i].stream == origin.stream) return i;
  // A load must not run past its row's end.
  const std::uint64_t offset = std::min<std::uint64_t>(origin.byte, width - block_);
  loads_.push_back({origin.stream, static_cast<std::uint32_t>(offset), 0, offset == origin.byte});
  shuffles_.insert(shuffles_.end(), block_, kNothing);
  return loads_.size() - 1;
}

void RowMerger::merge(const std::byte* const* sources, const std::byte* const* ahead,
                      std::byte* out) const {
  switch (instructions_) {
    case Instructions::kVbmi2:
      merge_vbmi2(sources, ahead, out);
      break;
    case Instructions::kVbmi:
      merge_vbmi(sources, ahead, out);
      break;
    case Instructions::kSsse3:
      merge_ssse3(sources, ahead, out);
      break;
    case Instructions::kPlain:
      merge_plain(sources, out);
      break;
  }
  for (const Copy& copy : copies_) out[copy.to] = sources[copy.stream][copy.from];
}

void RowMerger::publish() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

void RowMerger::merge_plain(const std::byte* const* sources, std::byte* out) const {
  for (std::size_t block = 0; block + 1 < first_load_.size(); ++block)
    for (std::uint32_t i = first_load_[block]; i < first_load_[block + 1]; ++i)
      for (std::size_t b = 0; b < block_; ++b)
        if (const std::uint8_t at = shuffles_[i * block_ + b]; at != kNothing)
          out[block * block_ + b] = sources[loads_[i].stream][loads_[i].offset + at];
}

#if defined(__x86_64__)
__attribute__((target("ssse3"))) void RowMerger::merge_ssse3(const std::byte* const* sources,
                                                             const std::byte* const* ahead,
                                                             std::byte* out) const {
  const Load* load = loads_.data();
  const auto* shuffle = reinterpret_cast<const __m128i*>(shuffles_.data());
  for (std::size_t block = 0; block < row_bytes_ / 16; ++block) {
    const Load* const end = loads_.data() + first_load_[block + 1];
    __m128i merged = _mm_setzero_si128();
    for (; load != end; ++load, ++shuffle) {
      __builtin_prefetch(ahead[load->stream] + load->offset);
      const auto* from = reinterpret_cast<const __m128i*>(sources[load->stream] + load->offset);
      merged =
          _mm_or_si128(merged, _mm_shuffle_epi8(_mm_loadu_si128(from), _mm_loadu_si128(shuffle)));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16 * block), merged);
  }
}

namespace {

// Whole lines go past the caches, which a shard would only flush.
__attribute__((target("avx512f"), always_inline)) inline void store_line(std::byte* out,
                                                                         __m512i line, bool whole) {
  if (whole)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(out), line);
  else
    _mm512_storeu_si512(out, line);
}

bool is_aligned(const std::byte* out) { return reinterpret_cast<std::uintptr_t>(out) % 64 == 0; }

}  // namespace

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) void RowMerger::merge_vbmi(
    const std::byte* const* sources, const std::byte* const* ahead, std::byte* out) const {
  const Load* load = loads_.data();
  const std::uint8_t* shuffle = shuffles_.data();
  const bool aligned = is_aligned(out);
  for (std::size_t block = 0; block + 1 < first_load_.size(); ++block) {
    const std::size_t at = std::min(64 * block, row_bytes_ - 64);
    const Load* const end = loads_.data() + first_load_[block + 1];
    __m512i merged = _mm512_setzero_si512();
    for (; load != end; ++load, shuffle += 64) {
      __builtin_prefetch(ahead[load->stream] + load->offset);
      const __m512i from = _mm512_loadu_si512(sources[load->stream] + load->offset);
      merged = _mm512_mask_permutexvar_epi8(merged, load->keep, _mm512_loadu_si512(shuffle), from);
    }
    store_line(out + at, merged, aligned && at % 64 == 0);
  }
}

// The same, but tables are read at the ends of rows only: they are as large as the rows, and would
// push them out of the first cache.
__attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2"))) void RowMerger::merge_vbmi2(
    const std::byte* const* sources, const std::byte* const* ahead, std::byte* out) const {
  const Load* load = loads_.data();
  const bool aligned = is_aligned(out);
  for (std::size_t block = 0; block + 1 < first_load_.size(); ++block) {
    const std::size_t at = std::min(64 * block, row_bytes_ - 64);
    const Load* const end = loads_.data() + first_load_[block + 1];
    __m512i merged = _mm512_setzero_si512();
    for (; load != end; ++load) {
      __builtin_prefetch(ahead[load->stream] + load->offset);
      const __m512i from = _mm512_loadu_si512(sources[load->stream] + load->offset);
      if (load->spreads) [[likely]] {
        merged = _mm512_mask_expand_epi8(merged, load->keep, from);
      } else {
        const std::uint8_t* shuffle =
            &shuffles_[64 * static_cast<std::size_t>(load - loads_.data())];
        merged =
            _mm512_mask_permutexvar_epi8(merged, load->keep, _mm512_loadu_si512(shuffle), from);
      }
    }
    store_line(out + at, merged, aligned && at % 64 == 0);
  }
}
#else
void RowMerger::merge_ssse3(const std::byte* const* sources, const std::byte* const*,
                            std::byte* out) const {
  merge_plain(sources, out);
}
void RowMerger::merge_vbmi(const std::byte* const* sources, const std::byte* const*,
                           std::byte* out) const {
  merge_plain(sources, out);
}
void RowMerger::merge_vbmi2(const std::byte* const* sources, const std::byte* const*,
                            std::byte* out) const {
  merge_plain(sources, out);
}
#endif

}  // namespace amalgam
