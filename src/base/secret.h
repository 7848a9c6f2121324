// Memory for secrets: move-only, kept out of swap where the system allows, wiped when it goes.
// There is no way to print one, and comparing takes the same time for every value.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace amalgam {

class Secret {
 public:
  // `size` zero bytes.
  explicit Secret(std::size_t size);
  // Copies `bytes`; the caller wipes its own.
  explicit Secret(Bytes bytes);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  static Secret random(std::size_t size);
  // The one explicit way to have it twice.
  Secret clone() const { return Secret(bytes()); }

  std::size_t size() const { return size_; }
  Bytes bytes() const { return {data_, size_}; }
  MutableBytes mutable_bytes() { return {data_, size_}; }
  bool equals(const Secret& other) const;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

inline constexpr std::size_t kSeedBytes = 32;

// A 256-bit seed from 64 hexadecimal digits. Throws kUsage.
Secret seed_from_hex(std::string_view hex);
// Overwrites text that held a secret (a passphrase, an opened key body).
void wipe(std::string& text);
void wipe(MutableBytes bytes);

}  // namespace amalgam
