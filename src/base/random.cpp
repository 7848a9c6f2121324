#include "base/random.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace amalgam {

RandomStream::RandomStream(const Secret& seed, std::string_view name) {
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const unsigned char*>(name.data()),
                     name.size(), reinterpret_cast<const unsigned char*>(seed.bytes().data()),
                     seed.size());
}

RandomStream::~RandomStream() {
  sodium_memzero(key_.data(), key_.size());
  sodium_memzero(buffer_.data(), buffer_.size());
}

// REQUIRES: whole blocks of 64 bytes.
void RandomStream::make_blocks(std::span<unsigned char> out) {
  static constexpr unsigned char kNonce[crypto_stream_chacha20_NONCEBYTES] = {};
  std::fill(out.begin(), out.end(), 0);
  crypto_stream_chacha20_xor_ic(out.data(), out.data(), out.size(), kNonce, block_, key_.data());
  block_ += out.size() / 64;
}

void RandomStream::refill() {
  make_blocks(buffer_);
  used_ = 0;
}

void RandomStream::seek(std::uint64_t numbers) {
  block_ = numbers / 16;
  used_ = buffer_.size();
  for (std::uint64_t i = 0; i < numbers % 16; ++i) next32();
}

void RandomStream::fill(std::span<std::uint32_t> out) {
  while (!out.empty() && used_ + 4 <= buffer_.size()) {
    out.front() = next32();
    out = out.subspan(1);
  }
  if constexpr (std::endian::native == std::endian::little) {
    const std::span<std::uint32_t> whole = out.first(out.size() / 16 * 16);
    make_blocks({reinterpret_cast<unsigned char*>(whole.data()), whole.size_bytes()});
    out = out.subspan(whole.size());
  }
  for (std::uint32_t& value : out) value = next32();
}

std::uint32_t RandomStream::next32() {
  if (used_ + 4 > buffer_.size()) refill();
  const auto value = load_le<std::uint32_t>(std::as_bytes(std::span(buffer_)), used_);
  used_ += 4;
  return value;
}

std::uint64_t RandomStream::next64() {
  const std::uint64_t low = next32();
  return low | (static_cast<std::uint64_t>(next32()) << 32);
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  if (bound <= UINT32_MAX) {
    const auto small = static_cast<std::uint32_t>(bound);
    std::uint64_t product = static_cast<std::uint64_t>(next32()) * small;
    if (static_cast<std::uint32_t>(product) < small) {
      const std::uint32_t threshold = -small % small;
      while (static_cast<std::uint32_t>(product) < threshold)
        product = static_cast<std::uint64_t>(next32()) * small;
    }
    return product >> 32;
  }
  __extension__ using u128 = unsigned __int128;
  u128 product = static_cast<u128>(next64()) * bound;
  const std::uint64_t threshold = -bound % bound;
  while (static_cast<std::uint64_t>(product) < threshold)
    product = static_cast<u128>(next64()) * bound;
  return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::uniform() { return static_cast<double>(next64() >> 11) * 0x1.0p-53; }

double RandomStream::normal() {
  for (;;) {
    const double u = 2 * uniform() - 1, v = 2 * uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
  }
}

std::vector<std::uint64_t> RandomStream::permutation(std::uint64_t n) {
  std::vector<std::uint64_t> order(n);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  shuffle(std::span(order));
  return order;
}

std::vector<std::uint64_t> RandomStream::evenly(std::vector<std::uint64_t> pool,
                                                std::uint64_t count) {
  std::vector<std::uint64_t> items;
  items.reserve(count);
  while (count - items.size() >= pool.size()) items.insert(items.end(), pool.begin(), pool.end());
  if (items.size() < count) {
    shuffle(std::span(pool));
    items.insert(items.end(), pool.begin(),
                 pool.begin() + static_cast<std::ptrdiff_t>(count - items.size()));
  }
  shuffle(std::span(items));
  return items;
}

}  // namespace amalgam
