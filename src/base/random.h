// Random numbers as named streams: every secret choice has a name, and its numbers depend on the
// seed and that name alone, so reordering code or adding a task never changes another choice.
//
// A stream is ChaCha20 (RFC 8439) under the key BLAKE2b(key = seed, name). The samplers are our
// own, because those of <random> differ between standard libraries. Not thread-safe; one stream per
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace amalgam {

class RandomStream {
 public:
  // REQUIRES: seed.size() == kSeedBytes.
  RandomStream(const Secret& seed, std::string_view name);
  ~RandomStream();
  RandomStream(const RandomStream&) = delete;
  RandomStream& operator=(const RandomStream&) = delete;

  std::uint32_t next32();
  std::uint64_t next64();
  // As after so many calls of next32().
  void seek(std::uint64_t numbers);
  // What so many calls of next32() would give.
  void fill(std::span<std::uint32_t> out);
  // Uniform in [0, bound), without bias (Lemire 2019). REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1) with 53 bits.
  double uniform();
  // Standard normal (Marsaglia's polar method).
  double normal();

  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }
  // A uniform permutation of 0..n-1.
  std::vector<std::uint64_t> permutation(std::uint64_t n);
  // `count` items of `pool`: each whole times, the rest by draw, all in random order.
  // REQUIRES: the pool is not empty.
  std::vector<std::uint64_t> evenly(std::vector<std::uint64_t> pool, std::uint64_t count);

 private:
  void refill();
  void make_blocks(std::span<unsigned char> out);

  static constexpr std::size_t kBufferBytes = 4096;
  std::array<unsigned char, kSeedBytes> key_{};
  std::array<unsigned char, kBufferBytes> buffer_{};
  std::size_t used_ = kBufferBytes;
  std::uint64_t block_ = 0;  // 64-byte ChaCha20 blocks handed out so far
};

}  // namespace amalgam
