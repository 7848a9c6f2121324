// The image files of a folder or an archive, one after another: encoded, with their paths.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace amalgam {

struct ImageFile {
  std::string path;  // inside the folder or archive: "train/cat/0001.jpg"
  std::vector<std::byte> content;
};

class ImageFiles {
 public:
  virtual ~ImageFiles() = default;
  // False behind the last. Throws kDamaged or kIo.
  virtual bool next(ImageFile& file) = 0;
  // Of the work as a whole, and of what is done: bytes, for a progress bar.
  virtual std::uint64_t total_bytes() const = 0;
  virtual std::uint64_t bytes_done() const = 0;
};

// By its ending: jpg, jpeg, png, webp, bmp. Hidden files are none.
bool is_image_path(std::string_view path);

// All below the folder, in the order of their paths.
std::unique_ptr<ImageFiles> files_of_folder(const std::filesystem::path& folder);
// Those of a tar archive, compressed or not, or a zip archive (libarchive), in its own order;
// nothing is unpacked to disk. Null when the file is no such archive.
std::unique_ptr<ImageFiles> files_of_archive(const std::filesystem::path& archive);

}  // namespace amalgam
