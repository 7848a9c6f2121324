#include "formats/idx.h"

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

}  // namespace

bool looks_like_idx(Bytes bytes) {
  if (bytes.size() < 4 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0}) return false;
  const auto type = std::to_integer<unsigned>(bytes[2]);
  const auto dims = std::to_integer<unsigned>(bytes[3]);
  return type >= 0x08 && type <= 0x0E && dims >= 1 && dims <= 8;
}

Tensor parse_idx(Bytes bytes, std::shared_ptr<const void> owner, const std::string& where) {
  if (!looks_like_idx(bytes)) damaged(where, "is not an IDX file");
  if (bytes[2] != std::byte{0x08})
    throw Error(ErrorCode::kUnsupported, where,
                "is IDX of another type than unsigned bytes; save it as .npz with x and y");
  const std::size_t dims = std::to_integer<std::size_t>(bytes[3]);
  if (bytes.size() < 4 + 4 * dims) damaged(where, "the IDX header is cut short");
  Tensor tensor;
  tensor.dtype = DType::kUInt8;
  for (std::size_t i = 0; i < dims; ++i) tensor.shape.push_back(load_be32(bytes, 4 + 4 * i));
  const Bytes data = bytes.subspan(4 + 4 * dims);
  if (data.size() != element_count(tensor.shape))
    damaged(where, "holds " + std::to_string(data.size()) + " bytes of data, but its shape " +
                       to_string(tensor.shape) + " needs " +
                       std::to_string(element_count(tensor.shape)));
  tensor.source = view_source(data, std::move(owner));
  return tensor;
}

}  // namespace amalgam
