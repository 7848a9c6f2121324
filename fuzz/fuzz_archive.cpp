// An archive of class folders of images; the images themselves are fuzz_images'.
#include "amalgam/dataset.h"
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
    if (file.back() == std::byte{'!'}) throw Error(ErrorCode::kDamaged, "", "is a damaged image");
    const auto height = std::to_integer<std::uint64_t>(file[kHeightAt]) % 8 + 1,
               width = std::to_integer<std::uint64_t>(file[kWidthAt]) % 8 + 1;
    return {height, width, channels, std::vector<std::byte>(height * width * channels)};
  }
  Image fitted(const Image& image, ImageSize size) const override {
    return {size.height, size.width, image.channels,
            std::vector<std::byte>(size.height * size.width * image.channels)};
  }
};

// Bits of the first byte.
enum Mode : unsigned { kSize = 1, kSkip = 2, kTaken = 4, kInspect = 8, kLike = 64, kNone = 128 };

}  // namespace

std::vector<std::string> seeds() {
  const std::string small = image(2, 3), wide = image(7, 3);
  const std::vector<Entry> files = {
      {"a/1.png", small}, {"b/2.jpg", small}, {"b/.hidden.jpg", "x"}, {"b/notes.txt", "x"}};
  const std::vector<Entry> nested = {{"train/a/1.png", small}, {"train/b/2.webp", wide}};
  std::vector<std::string> out = {"0" + tar_of(files),
                                  "1" + zip_of(files),
                                  "2" + gzip_of(tar_of(files)),
                                  "3" + tar_of(nested),
                                  "1" + tar_of({{"1.png", small}}),
                                  "2" + tar_of({{"a/1.png", ""}, {"a/2.png", small}})};
  const std::vector<Entry> two = {{"b/1.png", small}, {"a/2.png", small}, {"c/", ""}};
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "d/";
  std::string vast = image(0, 0);
  vast[kWidthAt + 1] = vast[kHeightAt + 1] = 64;
  std::vector<Entry> many;
  for (int i = 0; i < 48; ++i) many.push_back({"a/" + std::to_string(i) + ".png", vast});
  const std::vector<std::vector<Entry>> odd = {
      two,
      nested,
      {{"a/1.png", "BM"}, {"a/2.png", small}},
      {{"a/1.png", "BM"}},
      {{"notes.txt", "x"}},
      {{"a/1.png", small}, {"b/2.png", wide}},
      {{"a/l.png", "", '2'}},
      {{"a/h.png", "", '1'}},
      {{deep + "1.png", small}},
      {{"../1.png", small}},
      {{"a/\xFF.png", small}},
      {{"\xC3\xA9/1.png", small}, {"a/2.png", small}},
      {{"a/1.png", std::string(700, 'x')}},
      many,
      {{"a/1.png", small + "!"}, {"a/2.png", small}},
      {{"a/notes.txt", std::string(600, 'x'), 0, 100u << 20}},
      {{"a/1.png", small, 0, 100u << 20}}};
  for (const std::vector<Entry>& entries : odd)
    for (const unsigned mode : {0u, unsigned{kSize} | kSkip, unsigned{kTaken}, unsigned{kInspect},
                                unsigned{kLike} | kSize, unsigned{kNone}})
      out.push_back(static_cast<char>(mode) + tar_of(entries));
  for (std::string archive : {tar_of(two), gzip_of(tar_of(two)), zip_of(two)}) {
    out.push_back("1" + archive.substr(0, archive.size() / 2));
    archive[archive.size() / 3] ^= 1;
    out.push_back("1" + archive);
  }
  return out;
}

void run(Bytes input) {
  if (input.empty()) return;
  static const Decoder decoder;
  static const Dataset training = [] {
    Dataset dataset;
    dataset.classes = {"a", "b"};
    return dataset;
  }();
  const unsigned mode = std::to_integer<unsigned>(input[0]);
  Progress progress;
  DatasetOptions options;
  options.progress = &progress;
  if ((mode & kNone) == 0) options.images = &decoder;
  if ((mode & kSize) != 0) options.size = ImageSize{4, 4};
  options.skip_damaged = (mode & kSkip) != 0;
  if ((mode & kTaken) != 0) options.taken = ImageSize{3, 2};
  options.to_inspect = (mode & kInspect) != 0;
  if ((mode & kLike) != 0) options.like = &training;
  const InputFile file(input.subspan(1));
  const auto files = files_of_archive(file.path());
  if (files) read_class_images(*files, "input", options);
}

}  // namespace amalgam::fuzz
