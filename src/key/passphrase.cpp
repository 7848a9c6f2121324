#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "amalgam/error.h"
#include "amalgam/key.h"
#include "base/interrupt.h"
#include "base/secret.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostPassphrase = 4096;

[[noreturn]] void fail(const std::filesystem::path& path, const char* doing) {
  const int error = errno;
  check_interrupted();
  throw Error(ErrorCode::kIo, path.string(),
              fmt::format("the passphrase file {}: {}", doing, std::strerror(error)));
}

// Closes a descriptor when it goes.
struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

// Up to the first line's end. A pipe will do: the file may be a password manager's output.
std::string first_line(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) fail(path, "cannot be opened");
  std::string line;
  for (char c; line.size() <= kMostPassphrase + 1; line += c) {
    const ssize_t got = ::read(file.fd, &c, 1);
    if (got < 0) {
      wipe(line);
      fail(path, "cannot be read");
    }
    if (got == 0 || c == '\n') break;
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

std::string read_passphrase(const std::filesystem::path& path) {
  std::string line = first_line(path);
  if (line.empty())
    throw Error(ErrorCode::kInvalid, path.string(), "the first line, the passphrase, is empty");
  if (line.size() > kMostPassphrase || line.find('\0') != line.npos) {
    wipe(line);
    throw Error(ErrorCode::kInvalid, path.string(),
                fmt::format("the first line, the passphrase, must be a text of at most {} bytes",
                            kMostPassphrase));
  }
  return line;
}

}  // namespace amalgam
