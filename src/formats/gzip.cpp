#include "formats/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "base/buffer.h"
#include "base/interrupt.h"
#include "base/limits.h"

namespace amalgam {
namespace {

constexpr std::size_t kPiece = std::size_t{4} << 20;

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Takes from the front of `in` and returns how much of `out` was filled; `status` as zlib's.
  std::size_t step(Bytes& in, MutableBytes out, int& status) {
    const auto taken = static_cast<unsigned>(std::min(in.size(), kPiece));
    const auto room = static_cast<unsigned>(std::min(out.size(), kPiece));
    stream_.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = taken;
    stream_.next_out = reinterpret_cast<unsigned char*>(out.data());
    stream_.avail_out = room;
    status = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(taken - stream_.avail_in);
    return room - stream_.avail_out;
  }

  void restart() { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

// Whether another member follows. Zeros may fill a tape's last block.
bool more_members(Bytes rest, const std::string& where) {
  if (looks_like_gzip(rest)) return true;
  if (!std::all_of(rest.begin(), rest.end(), [](std::byte b) { return b == std::byte{0}; }))
    damaged(where, "has other data behind its gzip stream");
  return false;
}

}  // namespace

bool looks_like_gzip(Bytes bytes) {
  return bytes.size() > 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip_start(Bytes bytes) {
  Inflater inflater;
  std::vector<std::byte> out(16);
  Bytes first = bytes.first(std::min<std::size_t>(bytes.size(), 65536));
  int status = Z_OK;
  out.resize(inflater.step(first, out, status));
  return out;
}

Inflated gunzip(Bytes bytes, const std::string& where) {
  const Limit limit = unfolded_bytes();
  Inflater inflater;
  auto out = std::make_shared<Buffer>(std::max<std::size_t>(kPiece, 4 * bytes.size()));
  std::size_t made = 0;
  for (;;) {
    check_interrupted();
    if (made == out->size()) out->grow(2 * made);
    int status = Z_OK;
    made += inflater.step(bytes, out->mutable_bytes().subspan(made), status);
    if (made > limit.most)
      throw Error(ErrorCode::kUnsupported, where,
                  "inflates to " + std::to_string(made) + " bytes and more, and " + limit.text());
    if (status == Z_STREAM_END) {
      if (!more_members(bytes, where)) break;
      inflater.restart();
    } else if (status == Z_BUF_ERROR) {
      damaged(where, "the gzip stream is cut short");
    } else if (status != Z_OK) {
      damaged(where, "the gzip stream is damaged");
    }
  }
  const Bytes view = out->bytes().first(made);
  return {view, std::move(out)};
}

}  // namespace amalgam
