// An archive of class folders of images; the images themselves are fuzz_images'.
#include "amalgam/error.h"
#include "archives.h"
#include "formats/class_images.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

// The front of a BMP file: what is read before an image is decoded.
constexpr std::size_t kWidthAt = 18, kHeightAt = 22, kFrontBytes = 26;

std::string image(char width, char height) {
  std::string front(kFrontBytes, '\0');
  front.replace(0, 2, "BM");
  front[14] = 40;  // the header's length, which tells its version
  front[kWidthAt] = width;
  front[kHeightAt] = height;
  return front;
}

// An image of about the size that its front names, and never a large one.
class Decoder : public ImageLibrary {
 public:
  Image decode(std::span<const std::byte> file, std::uint64_t channels,
               const std::string& where) const override {
    if (file.size() < kFrontBytes) throw Error(ErrorCode::kDamaged, where, "is a damaged image");
    const auto height = std::to_integer<std::uint64_t>(file[kHeightAt]) % 8 + 1,
               width = std::to_integer<std::uint64_t>(file[kWidthAt]) % 8 + 1;
    return {height, width, channels, std::vector<std::byte>(height * width * channels)};
  }
  Image fitted(const Image& image, ImageSize size) const override {
    return {size.height, size.width, image.channels,
            std::vector<std::byte>(size.height * size.width * image.channels)};
  }
};

}  // namespace

std::vector<std::string> seeds() {
  const std::string small = image(2, 3), wide = image(7, 3);
  const std::vector<Entry> files = {
      {"a/1.png", small}, {"b/2.jpg", small}, {"b/.hidden.jpg", "x"}, {"b/notes.txt", "x"}};
  const std::vector<Entry> nested = {{"train/a/1.png", small}, {"train/b/2.webp", wide}};
  return {"0" + tar_of(files),
          "1" + zip_of(files),
          "2" + gzip_of(tar_of(files)),
          "3" + tar_of(nested),
          "1" + tar_of({{"1.png", small}}),
          "2" + tar_of({{"a/1.png", ""}, {"a/2.png", small}})};
}

void run(Bytes input) {
  if (input.empty()) return;
  static const Decoder decoder;
  const unsigned mode = std::to_integer<unsigned>(input[0]);
  DatasetOptions options;
  options.images = &decoder;
  if ((mode & 1) != 0) options.size = ImageSize{4, 4};
  options.skip_damaged = (mode & 2) != 0;
  const InputFile file(input.subspan(1));
  const auto files = files_of_archive(file.path());
  if (files) read_class_images(*files, "input", options);
}

}  // namespace amalgam::fuzz
