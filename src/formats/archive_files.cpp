#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>

#include "amalgam/error.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "formats/image_files.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

struct Closer {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using Handle = std::unique_ptr<archive, Closer>;

// libarchive turns names into the locale's encoding, and ours is none that has accents.
class Utf8Names {
 public:
  Utf8Names() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_) before_ = ::uselocale(locale_);
  }
  ~Utf8Names() {
    if (!locale_) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t locale_;
  locale_t before_ = nullptr;
};

class ArchiveFiles : public ImageFiles {
 public:
  ArchiveFiles(std::shared_ptr<const MappedFile> file, Handle handle, archive_entry* first,
               const fs::path& path)
      : file_(std::move(file)), handle_(std::move(handle)), entry_(first), where_(path.string()) {}

  bool next(ImageFile& file) override {
    const Utf8Names names;
    for (; entry_; advance()) {
      const std::string path = plain_path(entry_path(), where_);
      check_depth(path);
      if (archive_entry_filetype(entry_) == AE_IFDIR) {
        note_folder(path);
        continue;
      }
      if (path.empty() || !is_wanted(path)) {
        skip();
        continue;
      }
      check_no_link(path);
      if (archive_entry_is_encrypted(entry_))
        throw Error(ErrorCode::kUnsupported, where_,
                    "is encrypted; unpack it, and give the folder");
      file.path = path;
      read(file);
      advance();
      return true;
    }
    return false;
  }

  std::uint64_t total_bytes() const override { return file_->bytes().size(); }
  std::uint64_t bytes_done() const override {
    return static_cast<std::uint64_t>(
        std::max<la_int64_t>(archive_filter_bytes(handle_.get(), -1), 0));
  }

 private:
  // As its bytes are in the archive; what is told in another encoding only, in UTF-8.
  std::string entry_path() const {
    for (const char* path : {archive_entry_pathname(entry_), archive_entry_pathname_utf8(entry_)})
      if (path) return path;
    throw Error(ErrorCode::kUnsupported, where_,
                "has an entry whose name is in no encoding that is read; name it in UTF-8");
  }

  void check_depth(const std::string& path) const {
    const auto depth = static_cast<std::uint64_t>(std::count(path.begin(), path.end(), '/'));
    if (depth > kFolderDepth.most)
      throw Error(ErrorCode::kUnsupported, where_ + ": " + path.substr(0, 64),
                  "lies too deep: " + kFolderDepth.text());
  }

  void check_no_link(const std::string& path) const {
    if (archive_entry_filetype(entry_) == AE_IFREG && !archive_entry_hardlink(entry_)) return;
    throw Error(ErrorCode::kUnsupported, where_ + ": " + path,
                "is a link or a device, not a file; links in archives are not followed: make it "
                "with tar --dereference --hard-dereference");
  }

  void check(la_ssize_t status) const {
    if (status >= ARCHIVE_WARN) return;
    const char* said = archive_error_string(handle_.get());
    throw Error(ErrorCode::kDamaged, where_,
                std::string("is a damaged archive: ") + (said ? said : "it is cut short"));
  }

  void advance() {
    check_interrupted();
    const int status = archive_read_next_header(handle_.get(), &entry_);
    if (status == ARCHIVE_EOF)
      entry_ = nullptr;
    else
      check(status);
  }

  // libarchive would skip it in one call, however long that takes.
  void skip() {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    if (archive_entry_size_is_set(entry_) && archive_entry_size(entry_) < kSkippedAtOnce) return;
    for (;;) {
      check_interrupted();
      const int status = archive_read_data_block(handle_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) return;
      check(status);
    }
  }

  void read(ImageFile& file) {
    file.content.clear();
    for (;;) {
      check_interrupted();
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(handle_.get(), &block, &size, &offset);
      if (status == ARCHIVE_EOF) return;
      check(status);
      const std::uint64_t end = static_cast<std::uint64_t>(offset) + size;
      if (offset < 0) check(ARCHIVE_FATAL);
      check_limit(end, kImageFileBytes, where_ + ": " + file.path);
      file.content.resize(std::max<std::size_t>(file.content.size(), end));
      const auto* begin = static_cast<const std::byte*>(block);
      std::copy(begin, begin + size, file.content.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }

  static constexpr la_int64_t kSkippedAtOnce = la_int64_t{64} << 20;

  std::shared_ptr<const MappedFile> file_;
  Handle handle_;
  archive_entry* entry_;
  std::string where_;
};

}  // namespace

std::unique_ptr<ImageFiles> files_of_archive(const fs::path& path) {
  const Utf8Names names;
  auto file = MappedFile::open(path);
  Handle handle(archive_read_new());
  if (!handle) throw std::bad_alloc();
  // By name: what libarchive lacks it would start other programs for.
  archive_read_support_filter_gzip(handle.get());
  archive_read_support_format_tar(handle.get());
  archive_read_support_format_zip(handle.get());
  archive_read_set_options(handle.get(), "tar:read_concatenated_archives");
  archive_entry* first = nullptr;
  const Bytes bytes = file->bytes();
  if (archive_read_open_memory(handle.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(handle.get(), &first) < ARCHIVE_WARN || !first)
    return nullptr;
  return std::make_unique<ArchiveFiles>(std::move(file), std::move(handle), first, path);
}

}  // namespace amalgam
