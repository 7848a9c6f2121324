#include "base/hash.h"

#include <sodium.h>

namespace amalgam {

struct Blake2b::State {
  crypto_generichash_state inner;
};

Blake2b::Blake2b() : state_(std::make_unique<State>()) {
  crypto_generichash_init(&state_->inner, nullptr, 0, Digest{}.size());
}
Blake2b::~Blake2b() = default;
Blake2b::Blake2b(Blake2b&&) noexcept = default;
Blake2b& Blake2b::operator=(Blake2b&&) noexcept = default;

Blake2b& Blake2b::update(Bytes bytes) {
  crypto_generichash_update(&state_->inner, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
  return *this;
}

Blake2b& Blake2b::update_field(std::string_view text) {
  return update_number(text.size()).update(text);
}

Blake2b& Blake2b::update_number(std::uint64_t value) {
  return update(std::as_bytes(std::span(&value, 1)));
}

Digest Blake2b::finish() {
  Digest digest;
  crypto_generichash_final(&state_->inner, reinterpret_cast<unsigned char*>(digest.data()),
                           digest.size());
  return digest;
}

std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (std::byte b : bytes) {
    text += kDigits[std::to_integer<unsigned>(b) >> 4];
    text += kDigits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

}  // namespace amalgam
