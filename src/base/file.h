// Files: mapped for reading, and written. base/staged_output.h makes them appear whole or not at
// all.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/mapped_region.h"

namespace amalgam {

// A read-only view of a whole file. The bytes live as long as the object.
class MappedFile {
 public:
  // Throws kIo, naming the path, when the file can't be read.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::unique_ptr<MappedRegion> region_;
};

// Writes through a descriptor; throws kIo naming the path ("disk full" and its kin).
class OutputFile {
 public:
  // Creates the file. Throws kExists when it is there. `mode` as for open(2).
  explicit OutputFile(std::filesystem::path path, unsigned mode = 0666);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(Bytes bytes);
  void write(std::string_view text) { write(as_bytes(text)); }
  // Flushes to the disk and closes.
  void close();

 private:
  void start_flushing();

  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t flushing_ = 0, waiting_ = 0;  // bytes the disk was given, and those behind them
};

// A file of that content, flushed; as OutputFile.
void write_file(const std::filesystem::path& path, std::string_view content);

// Whether `path` is in `folder` or below it, links followed as far as they exist.
bool lies_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

// Throws kIo: the path as the user knows it, what was being done, and what errno says.
[[noreturn]] void fail_io(const std::filesystem::path& path, std::string_view doing);

}  // namespace amalgam
