#include "formats/negative.h"

#include "base/bytes.h"

namespace amalgam {
namespace {

// A float is below 0 where its sign is set, and it is neither -0 nor NaN: as a whole number without
// its sign it is then above 0 and at most infinity.
template <typename T>
std::optional<std::uint64_t> search(Bytes bytes, T infinity) {
  constexpr T kSign = T(T{1} << (8 * sizeof(T) - 1));
  for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    const T value = load_le<T>(bytes, i * sizeof(T));
    const T size = T(value & T(~kSign));
    if ((value & kSign) != 0 && size > 0 && size <= infinity) return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> first_negative(const Tensor& tensor) {
  const Bytes bytes = tensor.source->view();
  switch (tensor.dtype) {
    case DType::kFloat16:
      return search<std::uint16_t>(bytes, 0x7C00);
    case DType::kBFloat16:
      return search<std::uint16_t>(bytes, 0x7F80);
    case DType::kFloat32:
      return search<std::uint32_t>(bytes, 0x7F800000u);
    case DType::kFloat64:
      return search<std::uint64_t>(bytes, 0x7FF0000000000000u);
    default:
      return std::nullopt;
  }
}

}  // namespace amalgam
