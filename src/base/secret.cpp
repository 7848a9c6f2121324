#include "base/secret.h"

#include <sodium.h>

#include <new>
#include <utility>

namespace amalgam {
namespace {

std::byte* allocate(std::size_t size) {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw Error(ErrorCode::kIo, "libsodium", "could not be initialised");
  auto* data = static_cast<std::byte*>(sodium_malloc(size));
  if (!data) throw std::bad_alloc();
  return data;
}

}  // namespace

Secret::Secret(std::size_t size) : data_(allocate(size)), size_(size) {
  sodium_memzero(data_, size);
}

Secret::Secret(Bytes bytes) : data_(allocate(bytes.size())), size_(bytes.size()) {
  std::memcpy(data_, bytes.data(), size_);
}

Secret::~Secret() { sodium_free(data_); }

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret Secret::random(std::size_t size) {
  Secret secret(size);
  randombytes_buf(secret.data_, size);
  return secret;
}

bool Secret::equals(const Secret& other) const {
  return size_ == other.size_ && sodium_memcmp(data_, other.data_, size_) == 0;
}

Secret seed_from_hex(std::string_view hex) {
  Secret seed(kSeedBytes);
  std::size_t written = 0;
  const char* end = nullptr;
  const bool fits =
      hex.size() == 2 * kSeedBytes &&
      sodium_hex2bin(reinterpret_cast<unsigned char*>(seed.mutable_bytes().data()), kSeedBytes,
                     hex.data(), hex.size(), nullptr, &written, &end) == 0;
  if (!fits || written != kSeedBytes)
    throw Error(ErrorCode::kUsage, "--seed", "expected 64 hexadecimal digits (256 bits)");
  return seed;
}

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

void wipe(MutableBytes bytes) { sodium_memzero(bytes.data(), bytes.size()); }

}  // namespace amalgam
