// A dataset in one file, whatever its kind is seen to be: arrays, and archives of images, whose
// pixels a stand-in for the decoder makes up. ">P": two files joined, as "features,targets"; ">F":
// the tensors of a safetensors file as fields; ">T": text, in a file with its ending.
#include "amalgam/dataset.h"
#include "archives.h"
#include "containers.h"
#include "formats/image_header.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

class NoPixels : public ImageLibrary {
 public:
  Image decode(Bytes file, std::uint64_t channels, const std::string& where) const override {
    const ImageHeader header = read_image_header(file, where);
    if (header.width * header.height > 4096) throw Error(ErrorCode::kDamaged, where, "is large");
    return {header.height, header.width, channels,
            std::vector<std::byte>(header.height * header.width * channels)};
  }
  Image fitted(const Image& image, ImageSize size) const override {
    return {size.height, size.width, image.channels,
            std::vector<std::byte>(size.height * size.width * image.channels)};
  }
};

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

std::string png() {
  return std::string("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x02\0\0\0\x02\x08\x02\0\0\0", 29) +
         zeros(4) + std::string("\0\0\0\0IEND", 8) + zeros(4);
}

std::string jpeg() {
  return std::string(
      "\xFF\xD8\xFF\xE0\0\x04"
      "AB\xFF\xC0\0\x0B\x08\0\x02\0\x02\x01\x01\x11\0",
      21);
}

std::string webp() {
  return "RIFF" + zeros(4) + "WEBPVP8X" + std::string("\x0a\0\0\0\0\0\0\0\x01\0\0\x01\0\0", 14);
}

std::string bmp() {
  std::string file("BM" + zeros(60));
  file[14] = 40;
  file[18] = file[22] = 2;
  return file;
}

}  // namespace

std::vector<std::string> seeds() {
  const std::vector<NamedTensor> fields = {
      {"x", {DType::kFloat32, {2, 3}, memory_source(std::vector<std::byte>(24))}},
      {"y", {DType::kInt64, {2}, memory_source(std::vector<std::byte>(16))}}};
  const std::string idx(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  const std::string x = npy_header(DType::kFloat32, {2, 3}) + zeros(24);
  const std::string y = npy_header(DType::kUInt64, {2}) + zeros(16);
  const std::string fortran = std::string("\x93NUMPY\x02\0\x3e\0\0\0", 12) +
                              "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }   \n" +
                              zeros(24);
  const std::vector<Entry> classes = {{"./a/0.png", png()},       {"./a/1.jpg", jpeg()},
                                      {"./b/2.webp", webp()},     {"./b/3.bmp", bmp()},
                                      {"./.hidden/4.png", png()}, {"./b/notes.txt", "text"}};
  std::vector<std::string> out = {
      safetensors_header(fields) + zeros(40),
      x,
      fortran,
      idx,
      gzip_of(idx),
      zip_of(
          {{"x.npy", x}, {"y.npy", y}, {"mean.npy", npy_header(DType::kFloat64, {}) + zeros(8)}}),
      zip_of({{"images.npy", x}, {"numbers.npy", fortran}}),
      tar_of(classes),
      gzip_of(tar_of(classes)),
      zip_of(classes)};
  const std::string labels = npy_header(DType::kInt64, {2}) + zeros(16),
                    wide = npy_header(DType::kFloat32, {3, 2}) + zeros(24),
                    nan = npy_header(DType::kFloat32, {2, 1}) + std::string(8, '\xFF'),
                    numbers = npy_header(DType::kFloat32, {}) + zeros(4);
  const std::string both = zip_of({{"x.npy", x}, {"y.npy", labels}});
  for (const std::string& second : {labels, x, wide, both})
    for (const std::string& first : {x, wide, nan, both}) {
      out.push_back(">P" + join(first, second));
      out.push_back(zip_of({{"x.npy", first}, {"y.npy", second}}));
    }
  for (const char* name : {"x.npy", "y.npy", "labels.npy"})
    for (const std::string& array : {x, labels, nan, numbers})
      out.push_back(zip_of({{name, array}, {"n.npy", numbers}}));
  out.push_back(">F" + out.front());
  out.push_back(">F" + safetensors_header({fields[1]}) + zeros(16));
  out.push_back(">Ttext,label\na,1\nb,2\n");
  return out;
}

void run(Bytes input) {
  static const NoPixels images;
  const std::string text(as_text(input));
  DatasetOptions options;
  options.images = &images;
  options.skip_damaged = input.size() % 2 == 0;
  options.to_inspect = input.size() % 3 == 0;
  if (input.size() % 5 == 0) options.size = ImageSize{2, 2};
  if (text.starts_with(">P")) {
    const auto [first, second] = split(text.substr(2));
    const InputFolder folder({{"x,1", first}, {"y", second}});
    open_dataset((folder.path() / "x,1").string() + "," + (folder.path() / "y").string(), options);
  } else if (text.starts_with(">T")) {
    const InputFolder folder({{"text.csv", text.substr(2)}});
    open_dataset((folder.path() / "text.csv").string(), options);
  } else if (text.starts_with(">F")) {
    const InputFile file(input.subspan(2));
    std::vector<Field> fields;
    for (NamedTensor& named : read_safetensors(file.path()))
      fields.push_back({named.name, named.tensor});
    make_dataset("input", std::move(fields));
  } else {
    open_dataset(InputFile(input).path().string(), options);
  }
}

}  // namespace amalgam::fuzz
