// An archive of class folders of images; the images themselves are fuzz_images'.
#include "amalgam/error.h"
#include "archives.h"
#include "formats/class_images.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

// An image of the size that its first two bytes name.
class Decoder : public ImageLibrary {
 public:
  Image decode(std::span<const std::byte> file, std::uint64_t channels,
               const std::string& where) const override {
    if (file.size() < 2) throw Error(ErrorCode::kDamaged, where, "is a damaged image");
    const auto height = std::to_integer<std::uint64_t>(file[0]) % 8 + 1,
               width = std::to_integer<std::uint64_t>(file[1]) % 8 + 1;
    return {height, width, channels, std::vector<std::byte>(height * width * channels)};
  }
  Image fitted(const Image& image, ImageSize size) const override {
    return {size.height, size.width, image.channels,
            std::vector<std::byte>(size.height * size.width * image.channels)};
  }
};

}  // namespace

std::vector<std::string> seeds() {
  const std::vector<Entry> files = {
      {"a/1.png", "ab"}, {"b/2.jpg", "ab"}, {"b/.hidden.jpg", "x"}, {"b/notes.txt", "x"}};
  const std::vector<Entry> nested = {{"train/a/1.png", "ab"}, {"train/b/2.webp", "cd"}};
  return {"0" + tar_of(files),
          "1" + zip_of(files),
          "2" + gzip_of(tar_of(files)),
          "3" + tar_of(nested),
          "1" + tar_of({{"1.png", "ab"}}),
          "2" + tar_of({{"a/1.png", ""}, {"a/2.png", "ab"}})};
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
