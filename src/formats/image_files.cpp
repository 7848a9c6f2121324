#include "formats/image_files.h"

#include <algorithm>
#include <array>

#include "amalgam/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/limits.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// What systems and editors leave beside files.
bool is_left_by_systems(std::string_view name) {
  const std::string known = lower(name);
  return name.starts_with('.') || known == "__macosx" || known == "thumbs.db" ||
         known == "desktop.ini";
}

// The first folder of the path that is hidden; empty where none is.
std::string_view hidden_folder(std::string_view path) {
  while (path.find('/') != std::string_view::npos) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (is_left_by_systems(name)) return name;
    path.remove_prefix(name.size() + 1);
  }
  return {};
}

class FolderFiles : public ImageFiles {
 public:
  explicit FolderFiles(const fs::path& folder) : folder_(folder) {
    const auto options = fs::directory_options::follow_directory_symlink;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, options, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      check_interrupted();
      // Links may make a folder contain itself.
      if (static_cast<std::uint64_t>(entry.depth()) > kFolderDepth.most)
        throw Error(ErrorCode::kUnsupported, entry->path().string(),
                    "lies too deep: " + kFolderDepth.text());
      add(*entry, entry->path().lexically_relative(folder).string());
    }
    if (error) throw Error(ErrorCode::kIo, folder.string(), "cannot be read: " + error.message());
    std::sort(found_.begin(), found_.end(),
              [](const Found& a, const Found& b) { return a.path < b.path; });
  }

  bool next(ImageFile& file) override {
    if (at_ == found_.size()) return false;
    const Found& found = found_[at_++];
    const auto mapped = MappedFile::open(folder_ / found.path);
    check_limit(mapped->bytes().size(), kImageFileBytes, (folder_ / found.path).string());
    file.path = found.path;
    file.content.assign(mapped->bytes().begin(), mapped->bytes().end());
    done_ += found.bytes;
    return true;
  }

  std::uint64_t total_bytes() const override { return total_; }
  std::uint64_t bytes_done() const override { return done_; }

 private:
  struct Found {
    std::string path;
    std::uint64_t bytes;
  };

  void add(const fs::directory_entry& entry, std::string path) {
    std::error_code error;
    if (entry.is_directory(error)) return note_folder(path);
    if (!is_wanted(path)) return;
    if (!entry.is_regular_file(error))
      throw Error(ErrorCode::kIo, entry.path().string(),
                  "is no regular file (a pipe, or a link to nothing); remove it");
    found_.push_back({std::move(path), entry.file_size()});
    total_ += found_.back().bytes;
  }

  fs::path folder_;
  std::vector<Found> found_;
  std::size_t at_ = 0;
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace

void ImageFiles::note_folder(const std::string& path) {
  if (hidden_folder(path + "/").empty()) bystanders_.folders.insert(path);
}

bool ImageFiles::is_wanted(const std::string& path) {
  if (const std::string_view hidden = hidden_folder(path); !hidden.empty()) {
    Bystanders::Files& files = bystanders_.hidden;
    if (lower(hidden) != "__macosx" && is_image_path(path) &&
        (files.count++ == 0 || path < files.first))
      files.first = path;
    return false;
  }
  if (is_left_by_systems(path.substr(path.rfind('/') + 1))) return false;
  if (is_image_path(path)) return true;
  Bystanders::Files& files = bystanders_.others[folder_of(path)];
  // The first in order, whatever the order on the disk.
  if (files.count++ == 0 || path < files.first) files.first = path;
  return false;
}

bool is_image_path(std::string_view path) {
  static constexpr std::array<std::string_view, 5> kEndings = {".jpg", ".jpeg", ".png", ".webp",
                                                               ".bmp"};
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.starts_with('.')) return false;
  const std::string ending = lower(name.substr(std::min(name.rfind('.'), name.size())));
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::string plain_path(std::string_view path, const std::string& where) {
  std::string plain;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty() || name == ".") continue;
    if (name == "..")
      throw Error(ErrorCode::kDamaged, where,
                  "has an entry whose name leads out of the archive ('..'); make it anew");
    plain += (plain.empty() ? "" : "/") + std::string(name);
  }
  return plain;
}

std::string folder_of(const std::string& path) {
  const std::size_t end = path.rfind('/');
  return end == std::string::npos ? "" : path.substr(0, end);
}

std::unique_ptr<ImageFiles> files_of_folder(const fs::path& folder) {
  return std::make_unique<FolderFiles>(folder);
}

}  // namespace amalgam
