// BLAKE2b (RFC 7693) as a running digest.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace amalgam {

using Digest = std::array<std::byte, 32>;

class Blake2b {
 public:
  Blake2b();
  ~Blake2b();
  Blake2b(Blake2b&&) noexcept;
  Blake2b& operator=(Blake2b&&) noexcept;

  Blake2b& update(Bytes bytes);
  Blake2b& update(std::string_view text) { return update(as_bytes(text)); }
  // The length first, so that two lists of fields never give the same stream of bytes.
  Blake2b& update_field(std::string_view text);
  Blake2b& update_number(std::uint64_t value);
  // Call once, last.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_hex(Bytes bytes);

// A message as consecutive parts.
using MessageParts = std::vector<Bytes>;
// The same digests, of up to kHashLanes messages side by side in the lanes of one processor's
// vectors: several times as fast as one after another where there is AVX-512 or AVX2.
// REQUIRES: messages.size() <= kHashLanes, digests.size() == messages.size().
inline constexpr std::size_t kHashLanes = 8;
void blake2b_lanes(std::span<const MessageParts* const> messages, std::span<Digest> digests);

}  // namespace amalgam
