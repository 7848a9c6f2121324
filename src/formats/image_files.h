// The image files of a folder or an archive, one after another: encoded, with their paths; and what
// else lies there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

struct ImageFile {
  std::string path;  // inside the folder or archive: "train/cat/0001.jpg"
  std::vector<std::byte> content;
};

// What was met beside images, until now. Hidden files and what systems leave (Thumbs.db, __MACOSX)
// are not mentioned.
struct Bystanders {
  struct Files {
    std::uint64_t count = 0;
    std::string first;
  };
  std::map<std::string, Files> others;  // of no known kind, by the folder that they lie in
  std::set<std::string> folders;
  Files hidden;  // images in hidden folders
};

class ImageFiles {
 public:
  virtual ~ImageFiles() = default;
  // False behind the last. Throws kDamaged, kUnsupported or kIo.
  virtual bool next(ImageFile& file) = 0;
  // Of the work as a whole, and of what is done: bytes, for a progress bar.
  virtual std::uint64_t total_bytes() const = 0;
  virtual std::uint64_t bytes_done() const = 0;
  const Bystanders& bystanders() const { return bystanders_; }

 protected:
  // Whether it is an image to be read; else it is remembered as a bystander. `path` is plain.
  bool is_wanted(const std::string& path);
  void note_folder(const std::string& path);

  Bystanders bystanders_;
};

// By its ending: jpg, jpeg, png, webp, bmp.
bool is_image_path(std::string_view path);
// "a/b.png" of "./a//b.png". Throws kDamaged, naming `where`, for a path that leads out ("../x").
std::string plain_path(std::string_view path, const std::string& where);
// The folder of a plain path: "a/b" of "a/b/c.png"; "" of "c.png".
std::string folder_of(const std::string& path);

// All below the folder, in the order of their paths.
std::unique_ptr<ImageFiles> files_of_folder(const std::filesystem::path& folder);
// Those of a tar archive (also gzipped) or a zip archive (libarchive), in its own order; nothing is
// unpacked to disk, and links inside are not followed. Null when the file is no such archive.
std::unique_ptr<ImageFiles> files_of_archive(const std::filesystem::path& path);

}  // namespace amalgam
