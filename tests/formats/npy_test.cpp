#include "formats/npy.h"

#include <gtest/gtest.h>

namespace amalgam {
namespace {

std::vector<std::byte> file(const std::string& header, std::size_t data) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() & 255);
  text += static_cast<char>(header.size() >> 8);
  text += header + std::string(data, '\x01');
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

Tensor parse(const std::string& header, std::size_t data) {
  auto owned = std::make_shared<std::vector<std::byte>>(file(header, data));
  return parse_npy(*owned, owned, "x.npy");
}

TEST(Npy, ReadsWhatNumpyWrites) {
  const Tensor t = parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24);
  EXPECT_EQ(t.dtype, DType::kFloat32);
  EXPECT_EQ(t.shape, (Shape{2, 3}));
}

TEST(Npy, OurHeaderIsReadBack) {
  for (const Shape& shape : {Shape{5}, Shape{2, 3}, Shape{}}) {
    std::string text = npy_header(DType::kInt64, shape);
    EXPECT_EQ(text.size() % 64, 0u);
    text.append(element_count(shape) * 8, '\0');
    const Bytes bytes = as_bytes(text);
    EXPECT_EQ(parse_npy(bytes, nullptr, "x").shape, shape);
  }
}

TEST(Npy, RefusesWhatItCannotCarry) {
  EXPECT_THROW(parse("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", 8), Error);
  EXPECT_THROW(parse("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n", 16), Error);
  EXPECT_THROW(parse("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n", 16), Error);
  EXPECT_THROW(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 7), Error);
  EXPECT_THROW(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 9), Error);
  EXPECT_THROW(parse("{'fortran_order': False, 'shape': (2,), }\n", 8), Error);
  EXPECT_THROW(
      parse("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9), }\n", 8),
      Error);
}

}  // namespace
}  // namespace amalgam
