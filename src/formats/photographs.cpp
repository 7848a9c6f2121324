#include "formats/photographs.h"

#include <algorithm>
#include <filesystem>

#include "amalgam/error.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "formats/image_files.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;

std::vector<ImageFile> read_files(const std::string& path, Progress* progress) {
  if (!fs::exists(path)) throw Error(ErrorCode::kIo, path, "does not exist");
  const auto files = fs::is_directory(path) ? files_of_folder(path) : files_of_archive(path);
  std::vector<ImageFile> all;
  if (!files) return all;
  if (progress) progress->begin("reading photographs", files->total_bytes());
  std::uint64_t reported = 0;
  for (ImageFile file; files->next(file);) {
    check_interrupted();
    all.push_back(std::move(file));
    if (progress) progress->advance(files->bytes_done() - reported);
    reported = files->bytes_done();
  }
  if (progress) progress->end();
  std::sort(all.begin(), all.end(),
            [](const ImageFile& a, const ImageFile& b) { return a.path < b.path; });
  return all;
}

Image scaled_down(Image image, const ImageLibrary& images) {
  const std::uint64_t side = std::min(image.height, image.width);
  if (side <= kPhotographSide) return image;
  const auto scaled = [side](std::uint64_t length) { return length * kPhotographSide / side; };
  return images.fitted(image, {scaled(image.height), scaled(image.width)});
}

}  // namespace

Photographs read_photographs(const std::string& path, const DatasetOptions& options) {
  if (!options.images)
    throw Error(ErrorCode::kUnsupported, path,
                "holds images, and this build reads none (it was made without OpenCV)");
  const std::vector<ImageFile> files = read_files(path, options.progress);
  std::vector<Image> decoded(files.size());
  parallel_blocks(0, files.size(), [&](std::uint64_t i) {
    try {
      decoded[i] = scaled_down(
          options.images->decode(files[i].content, options.channels, path + ": " + files[i].path),
          *options.images);
    } catch (const Error&) {
      if (!options.skip_damaged) throw;
    }
  });
  Photographs found{path, options.images, {}};
  std::uint64_t bytes = 0;
  for (Image& image : decoded) {
    bytes += image.pixels.size();
    if (bytes > kMostBytes)
      throw Error(ErrorCode::kUnsupported, path,
                  "holds more than 4 GiB of pixels; a few hundred photographs do");
    if (!image.pixels.empty()) found.all.push_back(std::move(image));
  }
  if (found.all.empty())
    throw Error(ErrorCode::kInvalid, path, "has no images (jpg, png, webp, bmp)");
  return found;
}

}  // namespace amalgam
