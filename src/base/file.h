// Files: mapped for reading, and outputs that appear whole or not at all (law 9).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

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
};

// Writes through a descriptor; throws kIo naming the path ("disk full" and its kin).
class OutputFile {
 public:
  // Creates the file. Throws kExists when it is there. `mode` as for open(2).
  OutputFile(std::filesystem::path path, unsigned mode = 0666);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(Bytes bytes);
  void write(std::string_view text) { write(as_bytes(text)); }
  // Flushes to the disk and closes.
  void close();

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

// A file or folder that is built under a temporary name beside its final one, and renamed when
// complete. Without commit() the destructor removes what was built; an existing `final` is refused
// at once.
class StagedOutput {
 public:
  enum class Kind { kFile, kFolder };
  // Throws kExists when `final_path` is there, kIo when its folder is not.
  StagedOutput(std::filesystem::path final_path, Kind kind);
  ~StagedOutput();
  StagedOutput(const StagedOutput&) = delete;
  StagedOutput& operator=(const StagedOutput&) = delete;

  // Where to write. For kFolder it exists already; for kFile create it.
  const std::filesystem::path& path() const { return staged_; }
  const std::filesystem::path& target() const { return final_; }
  // Renames to the final name without replacing. Throws kExists if it appeared meanwhile.
  void commit();
  // Takes a commit back: for outputs that must appear together.
  void revoke();

 private:
  std::filesystem::path final_;
  std::filesystem::path staged_;
  bool committed_ = false;
};

// Whether `path` is in `folder` or below it, as their names say; neither has to exist.
bool lies_inside(const std::filesystem::path& path, const std::filesystem::path& folder);

// A new folder for intermediate files, which goes when this does.
class TemporaryFolder {
 public:
  // "amalgam-NAME-…" where the system keeps such. Throws kIo.
  explicit TemporaryFolder(const std::string& name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Commits all or none, with signals held back in between.
void commit_together(std::span<StagedOutput*> outputs);

}  // namespace amalgam
