// A mapped file as a source of libzip's (zip_source_function(3)). libzip tells nobody where an
// entry's bytes lie in the archive; this source remembers where it was read last, which is the
// same.
#pragma once

#include <zip.h>

#include <memory>
#include <string>

#include "base/file.h"

namespace amalgam {

// Must outlive the archive that open() returns. For one thread at a time.
class ZipSource {
 public:
  explicit ZipSource(std::shared_ptr<const MappedFile> file);
  ~ZipSource();
  ZipSource(const ZipSource&) = delete;
  ZipSource& operator=(const ZipSource&) = delete;

  // Opens the archive for reading; close it with zip_discard. Throws kDamaged, naming `where`.
  zip_t* open(const std::string& where);

  Bytes bytes() const { return file_->bytes(); }
  // Where the last read of libzip's began.
  std::uint64_t last_read() const { return last_read_; }

 private:
  static zip_int64_t call(void* self, void* data, zip_uint64_t size, zip_source_cmd_t command);
  zip_int64_t answer(void* data, zip_uint64_t size, zip_source_cmd_t command);
  zip_int64_t read(void* data, zip_uint64_t size);
  zip_int64_t seek(void* data, zip_uint64_t size);
  zip_int64_t stat(void* data) const;

  std::shared_ptr<const MappedFile> file_;
  std::uint64_t at_ = 0, last_read_ = 0;
  zip_error_t error_{};
};

}  // namespace amalgam
