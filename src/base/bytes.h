// Little- and big-endian loads and stores, and arithmetic that cannot wrap.
// The only file of the project that turns bytes into numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "amalgam/error.h"

namespace amalgam {

static_assert(std::endian::native == std::endian::little,
              "Amalgam is built for little-endian hosts");

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// REQUIRES: bytes.size() >= offset + sizeof(T).
template <typename T>
T load_le(Bytes bytes, std::size_t offset = 0) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

inline std::uint32_t load_be32(Bytes bytes, std::size_t offset) {
  return __builtin_bswap32(load_le<std::uint32_t>(bytes, offset));
}

template <typename T>
void store_le(MutableBytes bytes, std::size_t offset, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

template <typename T>
void append_le(std::vector<std::byte>& out, T value) {
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  store_le(MutableBytes(out), at, value);
}

// Throw kDamaged, naming `where`, when the result does not fit.
inline std::uint64_t checked_mul(std::uint64_t a, std::uint64_t b, std::string_view where) {
  std::uint64_t out;
  if (__builtin_mul_overflow(a, b, &out))
    throw Error(ErrorCode::kDamaged, std::string(where), "a size does not fit in 64 bits");
  return out;
}
inline std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, std::string_view where) {
  std::uint64_t out;
  if (__builtin_add_overflow(a, b, &out))
    throw Error(ErrorCode::kDamaged, std::string(where), "a size does not fit in 64 bits");
  return out;
}

inline std::string_view as_text(Bytes bytes) {
  return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// A typed view over raw memory. REQUIRES: the memory is aligned for T, as every mapped or owned
// array is.
template <typename T>
std::span<const T> view_as(Bytes bytes) {
  return {static_cast<const T*>(static_cast<const void*>(bytes.data())), bytes.size() / sizeof(T)};
}

}  // namespace amalgam
