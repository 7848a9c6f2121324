#include "formats/photographs.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "amalgam/error.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "formats/image_files.h"
#include "formats/image_header.h"
#include "formats/readable.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

void refuse_beyond_memory(std::uint64_t bytes, const std::string& path) {
  if (bytes > unfolded_bytes().most)
    throw Error(ErrorCode::kUnsupported, path,
                "holds " + std::to_string(bytes) + " bytes and more, and " +
                    unfolded_bytes().text() + "; a few hundred photographs do");
}

std::vector<ImageFile> read_files(const std::string& path, Progress* progress) {
  check_readable(path);
  const auto files = fs::is_directory(path) ? files_of_folder(path) : files_of_archive(path);
  std::vector<ImageFile> all;
  if (!files) return all;
  if (progress) progress->begin("reading photographs", files->total_bytes());
  std::uint64_t reported = 0;
  std::uint64_t bytes = 0;
  for (ImageFile file; files->next(file);) {
    check_interrupted();
    bytes += file.content.size();
    refuse_beyond_memory(bytes, path);
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
  std::atomic<std::uint64_t> bytes{0};
  std::mutex one_large;
  parallel_blocks(0, files.size(), [&](std::uint64_t i) {
    const std::string where = path + ": " + files[i].path;
    try {
      const ImageHeader header = read_image_header(files[i].content, where);
      std::unique_lock<std::mutex> alone(one_large, std::defer_lock);
      if (header.width * header.height > kLargePixels) alone.lock();
      decoded[i] = scaled_down(options.images->decode(files[i].content, options.channels, where),
                               *options.images);
    } catch (const Error& error) {
      if (!options.skip_damaged || error.code() != ErrorCode::kDamaged) throw;
    }
    refuse_beyond_memory(bytes += decoded[i].pixels.size(), path);
  });
  Photographs found{path, options.images, {}};
  for (Image& image : decoded)
    if (!image.pixels.empty()) found.all.push_back(std::move(image));
  if (found.all.empty())
    throw Error(ErrorCode::kInvalid, path, "has no images (jpg, png, webp, bmp)");
  return found;
}

}  // namespace amalgam
