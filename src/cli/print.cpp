#include "cli/print.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "amalgam/error.h"
#include "base/printable.h"

namespace amalgam::cli {
namespace {

// A table's line is long where names are.
constexpr std::size_t kLongestLine = 4000;

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
  throw Error(ErrorCode::kIo, "standard output",
              std::string("cannot be written: ") + std::strerror(errno));
}

}  // namespace

void open_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
  }
}

void silence_libraries() { std::cerr.setstate(std::ios_base::badbit); }

void print_text(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  write_out(printable(line, kLongestLine) + "\n");
}

void print_json(std::string_view json) { write_out(printable_json(json) + "\n"); }

void finish_printing() {
  // CLI11 prints its help to the stream of C++.
  std::cout.flush();
  if (std::cout.good() && std::ferror(stdout) == 0 && std::fflush(stdout) == 0) return;
  throw Error(ErrorCode::kIo, "standard output",
              std::string("cannot be written: ") + std::strerror(errno != 0 ? errno : EIO));
}

void complain(std::string_view line) noexcept {
  try {
    const std::string text = "amalgam: " + printable(line, kLongestLine) + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
  } catch (...) {
    return;  // nothing is left to say it with
  }
}

}  // namespace amalgam::cli
