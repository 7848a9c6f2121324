// One encoded image: what is looked at before a decoder sees it, and the decoders. A PNG file is
// also read with its checksums set right, which mutations leave wrong.
#include <libdeflate.h>
#include <turbojpeg.h>

#include <opencv2/imgcodecs.hpp>
#include <optional>

#include "amalgam/image.h"
#include "target.h"

extern "C" const amalgam::ImageLibrary* amalgam_opencv_images();

namespace amalgam::fuzz {
namespace {

std::string cmyk() {
  const std::vector<unsigned char> pixels(4 * 16 * 16, 99);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const tjhandle handle = tjInitCompress();
  tjCompress2(handle, pixels.data(), 16, 0, 16, TJPF_CMYK, &out, &size, TJSAMP_444, 90, 0);
  const std::string file(out, out + size);
  tjFree(out);
  tjDestroy(handle);
  return file;
}

std::optional<std::vector<std::byte>> with_checksums(Bytes file) {
  if (!as_text(file).starts_with("\x89PNG\r\n\x1a\n")) return std::nullopt;
  std::vector<std::byte> out(file.begin(), file.end());
  for (MutableBytes rest = MutableBytes(out).subspan(8); rest.size() >= 12;) {
    const std::uint64_t length = load_be32(rest, 0);
    if (length > rest.size() - 12) break;
    const std::uint32_t crc = libdeflate_crc32(0, rest.data() + 4, length + 4);
    store_le<std::uint32_t>(rest, 8 + length, __builtin_bswap32(crc));
    rest = rest.subspan(12 + length);
  }
  return out;
}

void decode(Bytes input) {
  const std::uint64_t channels = input.size() % 2 == 0 ? 1 : 3;
  const ImageLibrary& images = *amalgam_opencv_images();
  const Image image = images.decode(input, channels, "input");
  if (image.height * image.width > 4096) return;
  images.fitted(image, {image.height, image.width});
  images.fitted(image, {4, 6});
  images.fitted(image, {64, 64});
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out;
  for (const char* kind : {".png", ".jpg", ".bmp", ".webp"})
    for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1}) {
      if (type == CV_16UC1 && std::string(kind) != ".png") continue;
      std::vector<unsigned char> bytes;
      cv::imencode(kind, cv::Mat(5, 7, type, cv::Scalar(9, 99, 199, 255)), bytes);
      out.emplace_back(bytes.begin(), bytes.end());
    }
  out.push_back(cmyk());
  std::vector<unsigned char> bytes;
  cv::imencode(".bmp", cv::Mat(1, 2048, CV_8UC1, cv::Scalar(1)), bytes);  // long and thin
  out.emplace_back(bytes.begin(), bytes.end());
  const std::vector<std::string> whole = out;
  for (const std::string& file : whole) {
    out.push_back(file.substr(0, file.size() - 1));
    std::string damaged = file;
    damaged[damaged.size() / 2] ^= 0x55;
    out.push_back(damaged);
    out.push_back(file + "x");
  }
  for (const char* file : {"BM", "\x89PNG\r\n\x1a\n", "\xFF\xD8\xFF", "RIFF1234WEBP", "GIF89a", ""})
    out.emplace_back(file);
  return out;
}

void run(Bytes input) {
  if (const auto sound = with_checksums(input)) try {
      decode(*sound);
    } catch (const Error&) {  // the file as it is comes next
    }
  decode(input);
}

}  // namespace amalgam::fuzz
