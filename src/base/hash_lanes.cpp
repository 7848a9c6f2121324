// BLAKE2b (RFC 7693) of several messages at once: the algorithm is a chain of steps, so one message
// can't fill a processor's vectors, but eight can.
#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace amalgam {
namespace {

constexpr std::size_t kBlock = 128, kWords = 16, kRounds = 12;

constexpr std::array<std::uint64_t, 8> kInitial = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

constexpr std::uint8_t kSigma[10][kWords] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

// One word of every lane. GCC and Clang make of it what the processor has.
using Lanes = std::uint64_t __attribute__((vector_size(8 * kHashLanes)));

struct State {
  Lanes h[8];
  Lanes message[kWords];
  Lanes counter;  // bytes so far; a file's piece is far below 2^64
  Lanes last;     // all ones in the lanes whose last block this is
};

__attribute__((always_inline)) inline void rotate(Lanes& x, int by) {
  x = (x >> by) | (x << (64 - by));
}

__attribute__((always_inline)) inline void mix(Lanes* v, int a, int b, int c, int d, const Lanes& x,
                                               const Lanes& y) {
  v[a] += v[b] + x;
  v[d] ^= v[a];
  rotate(v[d], 32);
  v[c] += v[d];
  v[b] ^= v[c];
  rotate(v[b], 24);
  v[a] += v[b] + y;
  v[d] ^= v[a];
  rotate(v[d], 16);
  v[c] += v[d];
  v[b] ^= v[c];
  rotate(v[b], 63);
}

__attribute__((always_inline)) inline void compress(State& state) {
  Lanes v[16];
  for (int i = 0; i < 8; ++i) {
    v[i] = state.h[i];
    v[i + 8] = Lanes{} + kInitial[static_cast<std::size_t>(i)];
  }
  v[12] ^= state.counter;
  v[14] ^= state.last;
  const Lanes* m = state.message;
#pragma GCC unroll 12
  for (std::size_t round = 0; round < kRounds; ++round) {
    const std::uint8_t* s = kSigma[round % 10];
    mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) state.h[i] ^= v[i] ^ v[i + 8];
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vl"))) void compress_avx512(State& state) { compress(state); }
__attribute__((target("avx2"))) void compress_avx2(State& state) { compress(state); }
#endif
void compress_plain(State& state) { compress(state); }

auto find_compress() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))
    return compress_avx512;
  if (__builtin_cpu_supports("avx2")) return compress_avx2;
#endif
  return compress_plain;
}

// One message, cut into blocks; the last is filled with zeros.
class Cursor {
 public:
  explicit Cursor(const MessageParts& parts) : parts_(parts) {
    for (const Bytes part : parts) left_ += part.size();
    blocks_ = std::max<std::uint64_t>(1, (left_ + kBlock - 1) / kBlock);
  }

  std::uint64_t blocks() const { return blocks_; }
  // The next block, and how many of its bytes are the message's.
  std::pair<const std::byte*, std::size_t> next() {
    const std::size_t size = std::min<std::uint64_t>(kBlock, left_);
    left_ -= size;
    while (part_ < parts_.size() && at_ == parts_[part_].size()) step();
    if (size == kBlock && parts_[part_].size() - at_ >= kBlock) {
      at_ += kBlock;
      return {parts_[part_].data() + at_ - kBlock, kBlock};
    }
    own_.fill(std::byte{0});
    for (std::size_t filled = 0; filled < size;) {
      if (at_ == parts_[part_].size()) {
        step();
        continue;
      }
      const std::size_t count = std::min(size - filled, parts_[part_].size() - at_);
      std::memcpy(own_.data() + filled, parts_[part_].data() + at_, count);
      filled += count;
      at_ += count;
    }
    return {own_.data(), size};
  }

 private:
  void step() {
    ++part_;
    at_ = 0;
  }

  const MessageParts& parts_;
  std::size_t part_ = 0, at_ = 0;
  std::uint64_t left_ = 0, blocks_ = 0;
  std::array<std::byte, kBlock> own_{};
};

Digest digest_of(const State& state, std::size_t lane) {
  Digest digest;
  for (std::size_t i = 0; i < digest.size() / 8; ++i)
    store_le(digest, 8 * i, std::uint64_t{state.h[i][lane]});
  return digest;
}

}  // namespace

void blake2b_lanes(std::span<const MessageParts* const> messages, std::span<Digest> digests) {
  static const auto compress_block = find_compress();
  std::vector<Cursor> cursors;
  std::uint64_t most = 0;
  for (const MessageParts* message : messages) {
    cursors.emplace_back(*message);
    most = std::max(most, cursors.back().blocks());
  }
  State state{};
  for (std::size_t i = 0; i < 8; ++i) state.h[i] = Lanes{} + kInitial[i];
  state.h[0] ^= Lanes{} + (0x01010000 ^ Digest{}.size());
  for (std::uint64_t block = 0; block < most; ++block) {
    for (std::size_t lane = 0; lane < cursors.size(); ++lane) {
      if (block >= cursors[lane].blocks()) continue;  // its digest is taken; the lane idles
      const auto [bytes, size] = cursors[lane].next();
      for (std::size_t word = 0; word < kWords; ++word)
        state.message[word][lane] = load_le<std::uint64_t>({bytes, kBlock}, 8 * word);
      state.counter[lane] += size;
      state.last[lane] = block + 1 == cursors[lane].blocks() ? UINT64_MAX : 0;
    }
    compress_block(state);
    for (std::size_t lane = 0; lane < cursors.size(); ++lane)
      if (block + 1 == cursors[lane].blocks()) digests[lane] = digest_of(state, lane);
  }
}

}  // namespace amalgam
