#include "target.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

namespace amalgam::fuzz {

InputFile::InputFile(Bytes input) : fd_(::memfd_create("input", MFD_CLOEXEC)) {
  if (fd_ < 0 || ::write(fd_, input.data(), input.size()) != static_cast<ssize_t>(input.size()))
    throw std::bad_alloc();
  path_ = "/proc/self/fd/" + std::to_string(fd_);
}

InputFile::~InputFile() { ::close(fd_); }

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
