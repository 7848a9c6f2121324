// A folder for intermediate files where the system keeps such.
#pragma once

#include <filesystem>
#include <string>

namespace amalgam {

// A new folder, for this user's eyes alone, which goes when this does. What killed runs left of the
// same name is removed first.
class TemporaryFolder {
 public:
  // "amalgam-NAME-…". Throws kIo.
  explicit TemporaryFolder(const std::string& name);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace amalgam
