#include "base/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace amalgam {
namespace {

std::vector<std::byte> some_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// Cut at odd places, with an empty part.
MessageParts parts_of(const std::vector<std::byte>& bytes) {
  MessageParts parts;
  for (std::size_t at = 0, size = 1; at < bytes.size(); at += size, size = size * 3 + 1) {
    size = std::min(size, bytes.size() - at);
    parts.push_back(Bytes(bytes).subspan(at, size));
    parts.emplace_back();
  }
  return parts;
}

TEST(HashLanes, EqualOneAfterAnother) {
  const std::size_t sizes[] = {0, 1, 127, 128, 129, 1000, 4096, 70001};
  for (std::size_t lanes = 1; lanes <= kHashLanes; ++lanes) {
    std::vector<std::vector<std::byte>> messages;
    std::vector<MessageParts> parts;
    for (std::size_t i = 0; i < lanes; ++i) messages.push_back(some_bytes(sizes[(i * 5) % 8]));
    for (const auto& message : messages) parts.push_back(parts_of(message));
    std::vector<const MessageParts*> pointers;
    for (const MessageParts& message : parts) pointers.push_back(&message);
    std::vector<Digest> digests(lanes);
    blake2b_lanes(pointers, digests);
    for (std::size_t i = 0; i < lanes; ++i)
      EXPECT_EQ(digests[i], Blake2b().update(messages[i]).finish()) << lanes << " " << i;
  }
}

}  // namespace
}  // namespace amalgam
