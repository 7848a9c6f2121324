#include "formats/zip.h"

#include <libdeflate.h>
#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <mutex>

#include "base/interrupt.h"
#include "base/parallel.h"
#include "formats/zip_source.h"

namespace amalgam {

struct ZipArchive::Handle {
  explicit Handle(std::shared_ptr<const MappedFile> mapped)
      : file(std::move(mapped)), source(file) {}
  ~Handle() {
    if (zip) zip_discard(zip);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::shared_ptr<const MappedFile> file;
  ZipSource source;
  zip_t* zip = nullptr;
  std::mutex mutex;  // libzip's handles are for one thread at a time
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
  static constexpr std::size_t kPiece = std::size_t{16} << 20;  // between two looks for interrupts
  while (!out.empty()) {
    check_interrupted();
    const zip_int64_t n = zip_fread(file, out.data(), std::min(out.size(), kPiece));
    if (n <= 0)
      damaged(where,
              n == 0 ? "is cut short" : std::string("cannot be read: ") + zip_file_strerror(file));
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

// CRC-32 as in zip, of pieces side by side.
std::uint32_t crc_of(Bytes bytes) {
  static constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<uLong> crcs((bytes.size() + kPiece - 1) / kPiece);
  auto piece = [&](std::size_t i) {
    return bytes.subspan(i * kPiece, std::min(kPiece, bytes.size() - i * kPiece));
  };
  parallel_blocks(0, crcs.size(), [&](std::uint64_t i) {
    const Bytes part = piece(i);
    crcs[i] = libdeflate_crc32(0, part.data(), part.size());
  });
  uLong crc = 0;
  for (std::size_t i = 0; i < crcs.size(); ++i)
    crc = crc32_combine(crc, crcs[i], static_cast<z_off_t>(piece(i).size()));
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

std::shared_ptr<ZipArchive> ZipArchive::open(const std::filesystem::path& path) {
  auto archive = std::shared_ptr<ZipArchive>(new ZipArchive());
  archive->where_ = path.string();
  archive->handle_ = std::make_shared<Handle>(MappedFile::open(path));
  zip_t* zip = archive->handle_->zip = archive->handle_->source.open(archive->where_);
  const zip_int64_t count = zip_get_num_entries(zip, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(zip, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &stat) != 0)
      damaged(archive->where_, std::string("has a damaged directory: ") + zip_strerror(zip));
    const bool deflated = stat.comp_method != ZIP_CM_STORE;
    const Entry entry{static_cast<std::uint64_t>(i), stat.size, stat.crc, deflated};
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

Bytes ZipArchive::locate(const Entry& entry, const std::string& where) const {
  if (entry.size == 0) return {};
  const std::lock_guard lock(handle_->mutex);
  const File file = open_entry(handle_->zip, entry.index, where);
  std::byte first;
  read_exactly(file.get(), {&first, 1}, where);
  const std::uint64_t begin = handle_->source.last_read();
  const Bytes all = handle_->file->bytes();
  if (entry.size > all.size() - begin) damaged(where, "is cut short");
  return all.subspan(begin, entry.size);
}

Bytes ZipArchive::stored(const std::string& name) const {
  const Entry& found = entry(name);
  const std::string where = where_ + ": " + name;
  if (found.deflated) damaged(where, "is compressed; PyTorch stores tensors as they are");
  const Bytes bytes = locate(found, where);
  // Proves the place, too.
  if (crc_of(bytes) != found.crc) damaged(where, "does not match its checksum");
  return bytes;
}

std::shared_ptr<const void> ZipArchive::owner() const { return handle_; }

}  // namespace amalgam
