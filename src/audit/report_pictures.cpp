#include <sodium.h>

#include <algorithm>

#include "audit/report.h"
#include "base/bytes.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kPictures = 12, kGap = 2;

// A BMP of 24 bits (BITMAPINFOHEADER): rows from the bottom up, each filled to four bytes.
std::vector<std::byte> bitmap(const std::vector<std::uint8_t>& rgb, std::uint64_t width,
                              std::uint64_t height) {
  const std::uint64_t line = (3 * width + 3) / 4 * 4;
  std::vector<std::byte> out;
  append_le<std::uint16_t>(out, 0x4d42);
  append_le<std::uint32_t>(out, static_cast<std::uint32_t>(54 + line * height));
  append_le<std::uint32_t>(out, 0);
  append_le<std::uint32_t>(out, 54);
  append_le<std::uint32_t>(out, 40);
  append_le<std::int32_t>(out, static_cast<std::int32_t>(width));
  append_le<std::int32_t>(out, static_cast<std::int32_t>(height));
  append_le<std::uint16_t>(out, 1);
  append_le<std::uint16_t>(out, 24);
  for (int i = 0; i < 6; ++i) append_le<std::uint32_t>(out, 0);
  for (std::uint64_t y = height; y-- > 0;) {
    for (std::uint64_t x = 0; x < width; ++x)
      for (int c = 2; c >= 0; --c)
        out.push_back(
            static_cast<std::byte>(rgb[(y * width + x) * 3 + static_cast<std::uint64_t>(c)]));
    out.resize(out.size() + line - 3 * width);
  }
  return out;
}

}  // namespace

std::string stream_picture(const StreamSample& sample) {
  if (sample.kind != SampleKind::kImage || sample.rows == 0) return "";
  const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
  const float range = std::max(1e-9F, *most - *least);
  const Planes& p = sample.planes;
  const std::uint64_t count = std::min(kPictures, sample.rows);
  const std::uint64_t width = count * (p.width + kGap) - kGap;
  std::vector<std::uint8_t> rgb(width * p.height * 3, 255);
  for (std::uint64_t r = 0; r < count; ++r)
    for (std::uint64_t i = 0; i < p.area(); ++i)
      for (std::uint64_t c = 0; c < 3; ++c) {
        const std::uint64_t plane = p.channels >= 3 ? c : 0;
        const float v = (sample.row(r)[plane * p.area() + i] - *least) / range;
        const std::uint64_t x = r * (p.width + kGap) + i % p.width, y = i / p.width;
        rgb[(y * width + x) * 3 + c] = static_cast<std::uint8_t>(255 * v);
      }
  const std::vector<std::byte> bytes = bitmap(rgb, width, p.height);
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), view_as<unsigned char>(bytes).data(), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();
  return "data:image/bmp;base64," + text;
}

}  // namespace amalgam
