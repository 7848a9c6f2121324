#include <archive.h>
#include <archive_entry.h>

#include "amalgam/error.h"
#include "formats/image_files.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMostEntryBytes = std::uint64_t{256} << 20;

struct Closer {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using Handle = std::unique_ptr<archive, Closer>;

class ArchiveFiles : public ImageFiles {
 public:
  // Null entry: the first header was asked for, and is not an archive's.
  ArchiveFiles(Handle handle, archive_entry* first, const fs::path& path)
      : handle_(std::move(handle)),
        entry_(first),
        where_(path.string()),
        total_(fs::file_size(path)) {}

  bool next(ImageFile& file) override {
    for (; entry_; advance()) {
      const char* path = archive_entry_pathname(entry_);
      if (!path || archive_entry_filetype(entry_) != AE_IFREG || !is_image_path(path)) continue;
      file.path = path;
      read(file);
      advance();
      return true;
    }
    return false;
  }

  std::uint64_t total_bytes() const override { return total_; }
  std::uint64_t bytes_done() const override {
    return static_cast<std::uint64_t>(
        std::max<la_int64_t>(archive_filter_bytes(handle_.get(), -1), 0));
  }

 private:
  void check(la_ssize_t status) const {
    if (status < ARCHIVE_WARN)
      throw Error(ErrorCode::kDamaged, where_,
                  std::string("is a damaged archive: ") + archive_error_string(handle_.get()));
  }

  void advance() {
    const int status = archive_read_next_header(handle_.get(), &entry_);
    if (status == ARCHIVE_EOF)
      entry_ = nullptr;
    else
      check(status);
  }

  void read(ImageFile& file) {
    file.content.clear();
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(handle_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) return;
      check(status);
      const std::uint64_t end = static_cast<std::uint64_t>(offset) + size;
      if (offset < 0 || end > kMostEntryBytes)
        throw Error(ErrorCode::kDamaged, where_ + ": " + file.path, "is too large for an image");
      file.content.resize(std::max<std::size_t>(file.content.size(), end));
      const auto* begin = static_cast<const std::byte*>(block);
      std::copy(begin, begin + size, file.content.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }

  Handle handle_;
  archive_entry* entry_;
  std::string where_;
  std::uint64_t total_;
};

}  // namespace

std::unique_ptr<ImageFiles> files_of_archive(const fs::path& path) {
  Handle handle(archive_read_new());
  archive_read_support_filter_all(handle.get());
  archive_read_support_format_tar(handle.get());
  archive_read_support_format_zip(handle.get());
  archive_entry* first = nullptr;
  if (archive_read_open_filename(handle.get(), path.c_str(), kReadBytes) != ARCHIVE_OK ||
      archive_read_next_header(handle.get(), &first) < ARCHIVE_WARN || !first)
    return nullptr;
  return std::make_unique<ArchiveFiles>(std::move(handle), first, path);
}

}  // namespace amalgam
