#include "opencv/whole.h"

#include <libdeflate.h>

#include <cstdlib>

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, const char* what) {
  throw Error(ErrorCode::kDamaged, where, std::string("is a damaged image: ") + what);
}

// Chunks are a length, a type of four letters, the data, and a CRC of the latter two (PNG,
// section 5.3).
void check_png(Bytes rest, const std::string& where) {
  for (;;) {
    if (rest.size() < 12) damaged(where, "the PNG file is cut short");
    const std::uint64_t length = load_be32(rest, 0);
    if (length > rest.size() - 12) damaged(where, "the PNG file is cut short");
    if (libdeflate_crc32(0, rest.data() + 4, length + 4) != load_be32(rest, 8 + length))
      damaged(where, "a PNG chunk does not match its checksum");
    if (as_text(rest.subspan(4, 4)) == "IEND") return;
    rest = rest.subspan(12 + length);
  }
}

void check_bmp(Bytes file, const std::string& where) {
  if (file.size() < 54) damaged(where, "the BMP file is cut short");
  if (load_le<std::uint32_t>(file, 14) < 40 || load_le<std::uint32_t>(file, 30) != 0) return;
  const auto width = static_cast<std::uint64_t>(std::llabs(load_le<std::int32_t>(file, 18)));
  const auto height = static_cast<std::uint64_t>(std::llabs(load_le<std::int32_t>(file, 22)));
  const std::uint64_t bits = load_le<std::uint16_t>(file, 28);
  const std::uint64_t row_bytes = (width * bits + 31) / 32 * 4;
  const std::uint64_t begin = load_le<std::uint32_t>(file, 10);
  if (checked_add(begin, checked_mul(row_bytes, height, where), where) > file.size())
    damaged(where, "the BMP file is cut short");
}

}  // namespace

void check_whole(Bytes file, const std::string& where) {
  const std::string_view text = as_text(file);
  if (text.starts_with("\x89PNG\r\n\x1a\n")) check_png(file.subspan(8), where);
  if (text.starts_with("BM")) check_bmp(file, where);
}

}  // namespace amalgam
