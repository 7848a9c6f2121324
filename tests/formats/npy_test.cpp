#include "formats/npy.h"

#include <gtest/gtest.h>

#include "values.h"

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

template <typename T>
std::vector<T> values(const std::string& header, const std::vector<T>& stored) {
  const std::vector<std::byte> data = bytes_of(stored);
  std::vector<std::byte> whole = file(header, 0);
  whole.insert(whole.end(), data.begin(), data.end());
  return values_of<T>(parse_npy(whole, nullptr, "x.npy"));
}

TEST(Npy, PutsElementsAndBytesInOrder) {
  // 2 x 3 x 2, the first index moving fastest.
  std::vector<std::int16_t> fortran(12), c(12);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) {
        const auto value = static_cast<std::int16_t>(100 * i + 10 * j + k);
        fortran[static_cast<std::size_t>(i + 2 * j + 6 * k)] = value;
        c[static_cast<std::size_t>(6 * i + 2 * j + k)] = value;
      }
  EXPECT_EQ(values("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3, 2)}", fortran), c);
  for (std::int16_t& value : fortran)
    value = static_cast<std::int16_t>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  EXPECT_EQ(values("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3, 2)}", fortran), c);
  EXPECT_EQ(values<std::uint32_t>("{'descr': '>u4', 'fortran_order': False, 'shape': (2,)}",
                                  {0x01020304, 0}),
            (std::vector<std::uint32_t>{0x04030201, 0}));
}

TEST(Npy, RefusesWhatItCannotCarry) {
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
