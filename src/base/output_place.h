// The place where an output will appear: checked and reserved without writing anything.
#pragma once

#include <filesystem>

namespace amalgam {

// As long as it lives no other output of this process gets the place.
class OutputPlace {
 public:
  // Throws kExists when `path` is there, kIo when its folder is not, kUsage when it is empty, lies
  // in a job, which goes to the cloud, or is another output's place or inside it.
  explicit OutputPlace(std::filesystem::path path);
  ~OutputPlace();
  OutputPlace(const OutputPlace&) = delete;
  OutputPlace& operator=(const OutputPlace&) = delete;

  // As it was given, without a slash behind it.
  const std::filesystem::path& path() const { return path_; }
  // Where it is: "." for a name alone.
  std::filesystem::path folder() const;
  // Throws kIo, as writing would, where this user may not write to the folder.
  void check_writable() const;

 private:
  std::filesystem::path path_;
};

// The path of an output without a slash behind it. Throws kUsage when it is empty.
std::filesystem::path output_path(std::filesystem::path path);
// Throws kExists: an output is there.
[[noreturn]] void fail_exists(const std::filesystem::path& path);

}  // namespace amalgam
