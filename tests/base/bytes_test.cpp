#include "base/bytes.h"

#include <gtest/gtest.h>

namespace amalgam {
namespace {

TEST(Bytes, LittleEndianRoundTrip) {
  std::vector<std::byte> out;
  append_le<std::uint32_t>(out, 0x01020304);
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(out[0], std::byte{4});
  EXPECT_EQ(load_le<std::uint32_t>(out), 0x01020304u);
  EXPECT_EQ(load_be32(out, 0), 0x04030201u);
}

TEST(Bytes, CheckedArithmeticRefusesToWrap) {
  EXPECT_EQ(checked_mul(1u << 31, 2, "x"), std::uint64_t{1} << 32);
  EXPECT_THROW(checked_mul(std::uint64_t{1} << 33, std::uint64_t{1} << 33, "x"), Error);
  EXPECT_THROW(checked_add(UINT64_MAX, 1, "x"), Error);
  EXPECT_EQ(checked_add(UINT64_MAX, 0, "x"), UINT64_MAX);
}

}  // namespace
}  // namespace amalgam
