#include "formats/npy.h"

#include <array>

#include "base/buffer.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "formats/npy_header.h"

namespace amalgam {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Descr {
  std::string_view text;
  DType dtype;
};
constexpr std::array kDescrs = {
    Descr{"|u1", DType::kUInt8},   Descr{"|i1", DType::kInt8},    Descr{"<i2", DType::kInt16},
    Descr{"<i4", DType::kInt32},   Descr{"<i8", DType::kInt64},   Descr{"<f2", DType::kFloat16},
    Descr{"<f4", DType::kFloat32}, Descr{"<f8", DType::kFloat64}, Descr{"|b1", DType::kBool},
    Descr{"<u2", DType::kUInt16},  Descr{"<u4", DType::kUInt32},  Descr{"<u8", DType::kUInt64},
};

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

template <typename T, typename Swap>
void swap_all(MutableBytes bytes, Swap swap) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T))
    store_le<T>(bytes, at, swap(load_le<T>(bytes, at)));
}

void swap_bytes(MutableBytes bytes, DType dtype) {
  switch (dtype == DType::kComplex64 ? 4 : dtype_size(dtype)) {
    case 2:
      return swap_all<std::uint16_t>(bytes, [](auto v) { return __builtin_bswap16(v); });
    case 4:
      return swap_all<std::uint32_t>(bytes, [](auto v) { return __builtin_bswap32(v); });
    case 8:
      return swap_all<std::uint64_t>(bytes, [](auto v) { return __builtin_bswap64(v); });
    default:
      return;
  }
}

// Elements of which the first index moves fastest, put in the order in which the last one does.
void reorder(Bytes in, const Shape& shape, std::size_t item, MutableBytes out) {
  std::vector<std::uint64_t> strides(shape.size(), item), index(shape.size(), 0);
  for (std::size_t d = 1; d < shape.size(); ++d) strides[d] = strides[d - 1] * shape[d - 1];
  const std::size_t last = shape.size() - 1;
  for (std::uint64_t from = 0, at = 0; at < out.size();) {
    for (std::uint64_t i = 0; i < shape[last]; ++i, at += item)
      std::memcpy(out.data() + at, in.data() + from + i * strides[last], item);
    std::size_t d = last;
    while (d-- > 0) {
      from += strides[d];
      if (++index[d] < shape[d]) break;
      from -= strides[d] * shape[d];
      index[d] = 0;
    }
    if (d == 0) check_interrupted();
  }
}

// The data as the rest of the program has it: row-major and little-endian.
std::shared_ptr<const TensorSource> in_order(Bytes data, const NpyHeader& header,
                                             std::shared_ptr<const void> owner) {
  const bool transposed = header.fortran_order && header.shape.size() > 1;
  const bool swapped = header.big_endian && dtype_size(header.dtype) > 1;
  if ((!transposed && !swapped) || data.empty()) return view_source(data, std::move(owner));
  Buffer out(data.size());
  if (transposed)
    reorder(data, header.shape, dtype_size(header.dtype), out.mutable_bytes());
  else
    std::memcpy(out.data(), data.data(), data.size());
  if (swapped) swap_bytes(out.mutable_bytes(), header.dtype);
  return memory_source(std::move(out));
}

}  // namespace

bool looks_like_npy(Bytes bytes) { return as_text(bytes).starts_with(kMagic); }

Tensor parse_npy(Bytes bytes, std::shared_ptr<const void> owner, const std::string& where) {
  if (!looks_like_npy(bytes) || bytes.size() < 12) damaged(where, "is not an npy file");
  const auto major = std::to_integer<unsigned>(bytes[6]);
  if (major < 1 || major > 3)
    damaged(where, "is npy version " + std::to_string(major) + "; 1 to 3 are known");
  const std::size_t start = major == 1 ? 10 : 12;
  const std::uint64_t length =
      major == 1 ? load_le<std::uint16_t>(bytes, 8) : load_le<std::uint32_t>(bytes, 8);
  if (length > bytes.size() - start) damaged(where, "the npy header is cut short");
  check_limit(length, kNpyHeaderBytes, where);
  const NpyHeader header = parse_npy_header(as_text(bytes.subspan(start, length)), where);
  Tensor tensor{header.dtype, header.shape, nullptr};
  const Bytes data = bytes.subspan(start + length);
  const std::uint64_t expected =
      checked_mul(element_count(tensor.shape), dtype_size(tensor.dtype), where);
  if (data.size() != expected)
    damaged(where, "holds " + std::to_string(data.size()) + " bytes of data, but its shape " +
                       to_string(tensor.shape) + " needs " + std::to_string(expected));
  tensor.source = in_order(data, header, std::move(owner));
  return tensor;
}

std::string npy_header(DType dtype, const Shape& shape) {
  std::string_view descr;
  for (const Descr& known : kDescrs)
    if (known.dtype == dtype) descr = known.text;
  std::string sizes;
  for (std::uint64_t size : shape) sizes += std::to_string(size) + ", ";
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  if (shape.size() == 1) sizes.resize(sizes.size() - 1);
  std::string dict =
      "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (" + sizes + "), }";
  dict.append(63 - (10 + dict.size()) % 64, ' ');
  dict += '\n';
  std::string out(kMagic);
  out +=
      {'\x01', '\x00', static_cast<char>(dict.size() & 255), static_cast<char>(dict.size() >> 8)};
  return out + dict;
}

}  // namespace amalgam
