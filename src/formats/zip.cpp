#include "formats/zip.h"

#include <zip.h>

#include <mutex>

namespace amalgam {

struct ZipArchive::Handle {
  zip_t* zip = nullptr;
  std::mutex mutex;  // libzip's handles are for one thread at a time
  ~Handle() {
    if (zip) zip_discard(zip);
  }
};

namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

struct FileCloser {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using File = std::unique_ptr<zip_file_t, FileCloser>;

File open_entry(zip_t* zip, std::uint64_t index, const std::string& where) {
  File file(zip_fopen_index(zip, index, 0));
  if (!file) damaged(where, std::string("cannot be read: ") + zip_strerror(zip));
  return file;
}

void read_exactly(zip_file_t* file, MutableBytes out, const std::string& where) {
  while (!out.empty()) {
    const zip_int64_t n = zip_fread(file, out.data(), out.size());
    if (n <= 0)
      damaged(where,
              n == 0 ? "is cut short" : std::string("cannot be read: ") + zip_file_strerror(file));
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace

class ZipArchive::StoredEntry : public TensorSource {
 public:
  StoredEntry(std::shared_ptr<Handle> handle, Entry entry, std::string where)
      : handle_(std::move(handle)), entry_(entry), where_(std::move(where)) {}
  ~StoredEntry() override {
    const std::lock_guard lock(handle_->mutex);
    file_.reset();
  }

  void read(std::uint64_t offset, MutableBytes out) const override {
    const std::lock_guard lock(handle_->mutex);
    // libzip checks the CRC of what is read from the first byte on.
    if (!file_ || (offset == 0 && at_ != 0)) {
      file_ = open_entry(handle_->zip, entry_.index, where_);
      at_ = 0;
    }
    if (offset != at_ && zip_fseek(file_.get(), static_cast<zip_int64_t>(offset), SEEK_SET) != 0)
      damaged(where_, std::string("cannot be read: ") + zip_file_strerror(file_.get()));
    read_exactly(file_.get(), out, where_);
    at_ = offset + out.size();
    if (at_ == entry_.size) check_end();
  }

 private:
  // The comparison comes when the end of the entry is met.
  void check_end() const {
    std::byte extra;
    if (zip_fread(file_.get(), &extra, 1) < 0)
      damaged(where_, std::string("cannot be read: ") + zip_file_strerror(file_.get()));
  }

  std::shared_ptr<Handle> handle_;
  Entry entry_;
  std::string where_;
  mutable File file_;
  mutable std::uint64_t at_ = 0;
};

std::shared_ptr<ZipArchive> ZipArchive::open(const std::filesystem::path& path) {
  auto archive = std::shared_ptr<ZipArchive>(new ZipArchive());
  archive->where_ = path.string();
  archive->handle_ = std::make_shared<Handle>();
  int code = 0;
  zip_t* zip = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (!zip) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    damaged(archive->where_, "cannot be opened as a zip archive: " + text);
  }
  archive->handle_->zip = zip;
  const zip_int64_t count = zip_get_num_entries(zip, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(zip, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &stat) != 0)
      damaged(archive->where_, std::string("has a damaged directory: ") + zip_strerror(zip));
    const bool deflated = stat.comp_method != ZIP_CM_STORE;
    const Entry entry{static_cast<std::uint64_t>(i), stat.size, deflated};
    if (!archive->entries_.emplace(stat.name, entry).second)
      damaged(archive->where_, std::string("has two entries named '") + stat.name + "'");
  }
  return archive;
}

ZipArchive::~ZipArchive() = default;

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const ZipArchive::Entry& ZipArchive::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) damaged(where_, "lacks the entry '" + name + "'");
  return found->second;
}

std::uint64_t ZipArchive::size(const std::string& name) const { return entry(name).size; }

Buffer ZipArchive::read(const std::string& name, std::uint64_t limit) const {
  const Entry& found = entry(name);
  const std::string where = where_ + ": " + name;
  if (found.size > limit)
    damaged(where, "would be " + std::to_string(found.size) + " bytes; at most " +
                       std::to_string(limit) + " are read");
  const std::lock_guard lock(handle_->mutex);
  const File file = open_entry(handle_->zip, found.index, where);
  Buffer out(found.size);  // commits no memory before bytes arrive, whatever the directory promises
  read_exactly(file.get(), out.mutable_bytes(), where);
  std::byte extra;
  if (zip_fread(file.get(), &extra, 1) != 0) damaged(where, "does not match its checksum or size");
  return out;
}

std::shared_ptr<const TensorSource> ZipArchive::stored(const std::string& name) const {
  const Entry& found = entry(name);
  if (found.deflated)
    damaged(where_ + ": " + name, "is compressed; PyTorch stores tensors as they are");
  return std::make_shared<StoredEntry>(handle_, found, where_ + ": " + name);
}

}  // namespace amalgam
