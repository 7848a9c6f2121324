#include "formats/image_files.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/file.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr int kMostDepth = 32;  // links may make a folder contain itself

class FolderFiles : public ImageFiles {
 public:
  explicit FolderFiles(const fs::path& folder) : folder_(folder) {
    const auto options = fs::directory_options::follow_directory_symlink;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, options, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (entry.depth() > kMostDepth)
        throw Error(ErrorCode::kUnsupported, entry->path().string(), "lies too deep in folders");
      const std::string path = entry->path().lexically_relative(folder).string();
      if (!is_image_path(path) || !entry->is_regular_file()) continue;
      found_.push_back({path, entry->file_size()});
      total_ += found_.back().bytes;
    }
    if (error) throw Error(ErrorCode::kIo, folder.string(), "cannot be read: " + error.message());
    std::sort(found_.begin(), found_.end(),
              [](const Found& a, const Found& b) { return a.path < b.path; });
  }

  bool next(ImageFile& file) override {
    if (at_ == found_.size()) return false;
    const Found& found = found_[at_++];
    const auto mapped = MappedFile::open(folder_ / found.path);
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
  fs::path folder_;
  std::vector<Found> found_;
  std::size_t at_ = 0;
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace

bool is_image_path(std::string_view path) {
  static constexpr std::array<std::string_view, 5> kEndings = {".jpg", ".jpeg", ".png", ".webp",
                                                               ".bmp"};
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.starts_with('.')) return false;
  std::string ending(name.substr(std::min(name.rfind('.'), name.size())));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::unique_ptr<ImageFiles> files_of_folder(const fs::path& folder) {
  return std::make_unique<FolderFiles>(folder);
}

}  // namespace amalgam
