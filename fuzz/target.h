// What a fuzz target gives: inputs to begin with, and one function that must end normally or with
// an Error, whatever it is handed.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace amalgam::fuzz {

// Defined by each target. The first seed is accepted; others may be there for what refuses them.
std::vector<std::string> seeds();
void run(Bytes input);

// The input as a file, for readers that take paths; gone with the object.
class InputFile {
 public:
  explicit InputFile(Bytes input);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  int fd_;
  std::filesystem::path path_;
};

// Files under names of their own, for readers that look at names; gone with the object.
class InputFolder {
 public:
  explicit InputFolder(const std::vector<std::pair<std::string, std::string>>& files);
  ~InputFolder();
  InputFolder(const InputFolder&) = delete;
  InputFolder& operator=(const InputFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string file_text(const std::filesystem::path& path);

}  // namespace amalgam::fuzz

// libFuzzer's entry, which the bundled driver calls too.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);
