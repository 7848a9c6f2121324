#include "formats/npy.h"

#include <array>
#include <charconv>

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

// The text of the value after 'key': in the header's Python dictionary.
std::string_view field(std::string_view header, std::string_view key, const std::string& where) {
  const std::string quoted = "'" + std::string(key) + "':";
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos)
    damaged(where, "the npy header lacks '" + std::string(key) + "'");
  std::string_view rest = header.substr(at + quoted.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  return rest;
}

DType parse_descr(std::string_view text, const std::string& where) {
  if (!text.starts_with('\''))
    throw Error(ErrorCode::kUnsupported, where, "holds records; save one plain array");
  text.remove_prefix(1);
  const std::string descr(text.substr(0, text.find('\'')));
  for (const Descr& known : kDescrs)
    if (known.text == descr) return known.dtype;
  if (descr.starts_with('>'))
    throw Error(ErrorCode::kUnsupported, where,
                "is big-endian ('" + descr + "'); save x.astype(x.dtype.newbyteorder('<'))");
  throw Error(ErrorCode::kUnsupported, where,
              "has dtype '" + descr + "'; save uint8, int32, int64 or float32");
}

Shape parse_shape(std::string_view text, const std::string& where) {
  Shape shape;
  const std::size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos)
    damaged(where, "the npy header has no readable shape");
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == ',') {
      text.remove_prefix(1);
      continue;
    }
    std::uint64_t size = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc()) damaged(where, "the npy header has no readable shape");
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    shape.push_back(size);
  }
  return shape;
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
  const std::string_view header = as_text(bytes.subspan(start, length));
  Tensor tensor;
  tensor.dtype = parse_descr(field(header, "descr", where), where);
  tensor.shape = parse_shape(field(header, "shape", where), where);
  if (field(header, "fortran_order", where).starts_with("True") && tensor.shape.size() > 1)
    throw Error(ErrorCode::kUnsupported, where,
                "is in Fortran order; save numpy.ascontiguousarray(x)");
  const Bytes data = bytes.subspan(start + length);
  const std::uint64_t expected =
      checked_mul(element_count(tensor.shape), dtype_size(tensor.dtype), where);
  if (data.size() != expected)
    damaged(where, "holds " + std::to_string(data.size()) + " bytes of data, but its shape " +
                       to_string(tensor.shape) + " needs " + std::to_string(expected));
  tensor.source = view_source(data, std::move(owner));
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
