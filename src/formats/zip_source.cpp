#include "formats/zip_source.h"

#include <algorithm>
#include <cstring>

namespace amalgam {
namespace {

[[noreturn]] void no_archive(const std::string& where, zip_error_t* error) {
  const std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  throw Error(ErrorCode::kDamaged, where, "cannot be opened as a zip archive: " + text);
}

}  // namespace

ZipSource::ZipSource(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  zip_error_init(&error_);
}

ZipSource::~ZipSource() { zip_error_fini(&error_); }

zip_t* ZipSource::open(const std::string& where) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_function_create(&ZipSource::call, this, &error);
  if (!source) no_archive(where, &error);
  zip_t* zip = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (!zip) {
    zip_source_free(source);
    no_archive(where, &error);
  }
  zip_error_fini(&error);
  return zip;
}

zip_int64_t ZipSource::call(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command) {
  return static_cast<ZipSource*>(self)->answer(data, size, command);
}

zip_int64_t ZipSource::answer(void* data, zip_uint64_t size, zip_source_cmd_t command) {
  switch (command) {
    case ZIP_SOURCE_OPEN:
      at_ = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return read(data, size);
    case ZIP_SOURCE_SEEK:
      return seek(data, size);
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(at_);
    case ZIP_SOURCE_STAT:
      return stat(data);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&error_, data, size);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(
          ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_STAT,
          ZIP_SOURCE_ERROR, ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE, ZIP_SOURCE_SUPPORTS, -1);
    default:
      zip_error_set(&error_, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

zip_int64_t ZipSource::read(void* data, zip_uint64_t size) {
  const Bytes rest = bytes().subspan(at_);
  const std::size_t count = std::min<zip_uint64_t>(size, rest.size());
  if (count > 0) std::memcpy(data, rest.data(), count);
  last_read_ = at_;
  at_ += count;
  return static_cast<zip_int64_t>(count);
}

zip_int64_t ZipSource::seek(void* data, zip_uint64_t size) {
  const zip_int64_t to = zip_source_seek_compute_offset(at_, bytes().size(), data, size, &error_);
  if (to < 0) return -1;
  at_ = static_cast<std::uint64_t>(to);
  return 0;
}

zip_int64_t ZipSource::stat(void* data) const {
  auto* stat = static_cast<zip_stat_t*>(data);
  zip_stat_init(stat);
  stat->valid = ZIP_STAT_SIZE;
  stat->size = bytes().size();
  return sizeof *stat;
}

}  // namespace amalgam
