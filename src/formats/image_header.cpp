#include "formats/image_header.h"

#include <array>
#include <cstdlib>

#include "base/limits.h"

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kDamaged, where, "is a damaged image: " + what);
}

[[noreturn]] void unsupported(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kUnsupported, where, what);
}

void refuse_depth(const std::string& where, unsigned bits) {
  unsupported(where, "has " + std::to_string(bits) +
                         " bits a channel, and images are read with 8: save it with 8");
}

std::uint64_t load_be16(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint64_t>(bytes[at]) << 8 |
         std::to_integer<std::uint64_t>(bytes[at + 1]);
}

ImageHeader png(Bytes file, const std::string& where) {
  if (file.size() < 29 || as_text(file.subspan(12, 4)) != "IHDR")
    damaged(where, "the PNG file is cut short");
  if (const auto bits = std::to_integer<unsigned>(file[24]); bits > 8) refuse_depth(where, bits);
  // An animation says so before its first image.
  for (Bytes rest = file.subspan(8); rest.size() >= 12;) {
    const std::string_view type = as_text(rest.subspan(4, 4));
    if (type == "IDAT") break;
    if (type == "acTL") unsupported(where, "is an animated PNG: save the frame that is meant");
    const std::uint64_t length = load_be32(rest, 0);
    if (length > rest.size() - 12) break;  // told when it is decoded
    rest = rest.subspan(12 + length);
  }
  return {ImageKind::kPng, load_be32(file, 16), load_be32(file, 20)};
}

ImageHeader bmp(Bytes file, const std::string& where) {
  if (file.size() < 26) damaged(where, "the BMP file is cut short");
  if (load_le<std::uint32_t>(file, 14) < 40)
    return {ImageKind::kBmp, load_le<std::uint16_t>(file, 18), load_le<std::uint16_t>(file, 20)};
  const auto width = load_le<std::int32_t>(file, 18), height = load_le<std::int32_t>(file, 22);
  // A negative height is an image that is stored from the top.
  return {ImageKind::kBmp, width > 0 ? static_cast<std::uint64_t>(width) : 0,
          static_cast<std::uint64_t>(std::llabs(height))};
}

ImageHeader webp(Bytes file, const std::string& where) {
  if (file.size() < 30) damaged(where, "the WebP file is cut short");
  const std::string_view type = as_text(file.subspan(12, 4));
  const auto le24 = [&](std::size_t at) { return load_le<std::uint32_t>(file, at) & 0xFFFFFFu; };
  if (type == "VP8X") {
    if ((std::to_integer<unsigned>(file[20]) & 2u) != 0)
      unsupported(where, "is an animated WebP: save the frame that is meant");
    return {ImageKind::kWebp, le24(24) + 1, (load_le<std::uint32_t>(file, 26) >> 8) + 1};
  }
  if (type == "VP8L") {
    const auto bits = load_le<std::uint32_t>(file, 21);
    return {ImageKind::kWebp, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
  }
  if (type == "VP8 ")
    return {ImageKind::kWebp, load_le<std::uint16_t>(file, 26) & 0x3FFFu,
            load_le<std::uint16_t>(file, 28) & 0x3FFFu};
  damaged(where, "the WebP file begins with an unknown chunk");
}

bool is_frame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Segments are a marker and a length, to the one that describes the frame.
ImageHeader jpeg(Bytes file, const std::string& where) {
  for (Bytes rest = file.subspan(2); rest.size() >= 9;) {
    if (rest[0] != std::byte{0xFF}) {
      rest = rest.subspan(1);
      continue;
    }
    const auto marker = std::to_integer<unsigned>(rest[1]);
    if (marker == 0xFF) {
      rest = rest.subspan(1);
      continue;
    }
    if (marker == 0 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      rest = rest.subspan(2);
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;
    if (is_frame(marker)) {
      if (const auto bits = std::to_integer<unsigned>(rest[4]); bits != 8)
        refuse_depth(where, bits);
      return {ImageKind::kJpeg, load_be16(rest, 7), load_be16(rest, 5)};
    }
    const std::uint64_t length = load_be16(rest, 2) + 2;
    if (length > rest.size()) break;
    rest = rest.subspan(length);
  }
  damaged(where, "the JPEG file has no frame, or is cut short");
}

// What a file begins as, for messages.
std::string begins_as(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.empty()) return "is empty";
  for (const auto& [magic, name] : {std::pair<std::string_view, const char*>{"GIF8", "GIF"},
                                    {std::string_view("II*\0", 4), "TIFF"},
                                    {std::string_view("MM\0*", 4), "TIFF"},
                                    {std::string_view("v/1\x01", 4), "OpenEXR"},
                                    {"8BPS", "Photoshop"},
                                    {"#?RADIANCE", "Radiance HDR"},
                                    {"<svg", "SVG"},
                                    {"<?xml", "XML"},
                                    {"<!DOCTYPE", "HTML"},
                                    {"%PDF", "PDF"},
                                    {std::string_view("\0\0\0\x0CjP", 6), "JPEG 2000"},
                                    {"\xFF\x4F\xFF\x51", "JPEG 2000"},
                                    {"\xFF\x0A", "JPEG XL"}})
    if (text.starts_with(magic)) return std::string("begins as ") + name + " does";
  if (text.size() > 12 && text.substr(4, 4) == "ftyp") return "begins as AVIF or HEIC does";
  if (text.size() > 2 && text[0] == 'P' && text[1] >= '1' && text[1] <= '7')
    return "begins as a portable pixmap does";
  return "begins as none of them";
}

ImageHeader any_header(Bytes file, const std::string& where) {
  const std::string_view text = as_text(file);
  if (text.starts_with("\xFF\xD8\xFF")) return jpeg(file, where);
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return png(file, where);
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP")
    return webp(file, where);
  if (text.starts_with("BM")) return bmp(file, where);
  throw Error(
      ErrorCode::kDamaged, where,
      "is a damaged image, or none: JPEG, PNG, WebP and BMP are read, and it " + begins_as(file));
}

}  // namespace

ImageHeader read_image_header(Bytes file, const std::string& where) {
  const ImageHeader header = any_header(file, where);
  if (header.width == 0 || header.height == 0 || header.width > kImagePixels.most / header.height)
    throw Error(ErrorCode::kDamaged, where,
                "would be an image of " + std::to_string(header.width) + " x " +
                    std::to_string(header.height) + " pixels, and " + kImagePixels.text());
  return header;
}

}  // namespace amalgam
