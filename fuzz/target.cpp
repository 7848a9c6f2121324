#include "target.h"

#include <sys/mman.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"

namespace amalgam::fuzz {

InputFile::InputFile(Bytes input) : fd_(::memfd_create("input", MFD_CLOEXEC)) {
  if (fd_ < 0 || ::write(fd_, input.data(), input.size()) != static_cast<ssize_t>(input.size()))
    throw std::bad_alloc();
  path_ = "/proc/self/fd/" + std::to_string(fd_);
}

InputFile::~InputFile() { ::close(fd_); }

InputFolder::InputFolder(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string name = (std::filesystem::temp_directory_path() / "amalgam-fuzz-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::bad_alloc();
  path_ = name;
  for (const auto& [file, content] : files)
    std::ofstream(path_ / file, std::ios::binary) << content;
}

InputFolder::~InputFolder() { std::filesystem::remove_all(path_); }

std::string file_text(const std::filesystem::path& path) {
  return std::string(as_text(MappedFile::open(path)->bytes()));
}

}  // namespace amalgam::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  try {
    amalgam::fuzz::run(std::as_bytes(std::span(data, size)));
  } catch (const amalgam::Error&) {  // a refusal; anything else is a finding
  }
  return 0;
}
