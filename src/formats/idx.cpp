#include "formats/idx.h"

#include <zlib.h>

#include "base/interrupt.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kMaxInflated = std::uint64_t{64} << 30;

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

struct Inflater {
  z_stream stream{};
  Inflater() { inflateInit2(&stream, 15 + 16); }
  ~Inflater() { inflateEnd(&stream); }
};

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

bool looks_like_gzip(Bytes bytes) {
  return bytes.size() > 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip_start(Bytes bytes) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::vector<std::byte> out(16);
  const Bytes first = bytes.first(std::min<std::size_t>(bytes.size(), 65536));
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(first.data()));
  stream.avail_in = static_cast<unsigned>(first.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<unsigned>(out.size());
  inflate(&stream, Z_NO_FLUSH);
  out.resize(out.size() - stream.avail_out);
  return out;
}

std::vector<std::byte> gunzip(Bytes bytes, const std::string& where) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::vector<std::byte> out;
  std::vector<std::byte> piece(std::size_t{4} << 20);
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    check_interrupted();
    if (stream.avail_in == 0) {
      const std::size_t n = std::min<std::size_t>(bytes.size(), std::size_t{64} << 20);
      stream.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
      stream.avail_in = static_cast<unsigned>(n);
      bytes = bytes.subspan(n);
    }
    stream.next_out = reinterpret_cast<unsigned char*>(piece.data());
    stream.avail_out = static_cast<unsigned>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    if (status == Z_BUF_ERROR) damaged(where, "the gzip stream is cut short");
    if (status != Z_OK && status != Z_STREAM_END) damaged(where, "the gzip stream is damaged");
    const auto made = static_cast<std::ptrdiff_t>(piece.size() - stream.avail_out);
    out.insert(out.end(), piece.begin(), piece.begin() + made);
    if (out.size() > kMaxInflated) damaged(where, "inflates to more than 64 GiB");
  }
  return out;
}

}  // namespace amalgam
