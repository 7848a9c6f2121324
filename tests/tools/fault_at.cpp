// Preloaded into the amalgam command (LD_PRELOAD): lets the n-th of its calls that make, write,
// flush, rename or remove files go wrong. Calls are counted from 1.
//
//   AMALGAM_FAULT="kill N"     SIGKILL before the N-th call
//   AMALGAM_FAULT="half N"     SIGKILL after it, or in a write after half of its bytes
//   AMALGAM_FAULT="signal S N" the signal S before it, once
//   AMALGAM_FAULT="error E N"  it fails with the errno E (what removes files is spared)
//   AMALGAM_FAULT_LOG=FILE     a line for each call
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum class Kind { kNone, kKill, kHalf, kSignal, kError };

struct Fault {
  Kind kind = Kind::kNone;
  int number = 0;  // of a signal or an error
  long at = -1;
};

Fault read_fault() {
  Fault fault;
  const char* text = std::getenv("AMALGAM_FAULT");
  if (!text || std::strcmp(program_invocation_short_name, "amalgam") != 0) return fault;
  if (std::sscanf(text, "kill %ld", &fault.at) == 1) fault.kind = Kind::kKill;
  if (std::sscanf(text, "half %ld", &fault.at) == 1) fault.kind = Kind::kHalf;
  if (std::sscanf(text, "signal %d %ld", &fault.number, &fault.at) == 2) fault.kind = Kind::kSignal;
  if (std::sscanf(text, "error %d %ld", &fault.number, &fault.at) == 2) fault.kind = Kind::kError;
  return fault;
}

const Fault& fault() {
  static const Fault read = read_fault();
  return read;
}

std::atomic<long> calls{0};

void log_call(long number, const char* name) {
  static const char* const file = std::getenv("AMALGAM_FAULT_LOG");
  if (!file || std::strcmp(program_invocation_short_name, "amalgam") != 0) return;
  char line[64];
  const int size = std::snprintf(line, sizeof line, "%ld %s\n", number, name);
  const long fd = ::syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::syscall(SYS_write, fd, line, size);
  ::syscall(SYS_close, fd);
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// Calls `run`; `half` is what of it is done when it is cut in its middle.
template <typename Run, typename Half>
auto counted(const char* name, bool removes, Run run, Half half) -> decltype(run()) {
  const long number = ++calls;
  log_call(number, name);
  if (number != fault().at) return run();
  switch (fault().kind) {
    case Kind::kKill:
      die();
    case Kind::kHalf:
      half();
      die();
    case Kind::kSignal:
      ::raise(fault().number);
      return run();
    case Kind::kError:
      if (removes) return run();
      errno = fault().number;
      return -1;
    case Kind::kNone:
      break;
  }
  return run();
}

template <typename Run>
auto counted(const char* name, bool removes, Run run) -> decltype(run()) {
  return counted(name, removes, run, run);
}

int open_counted(const char* name, int folder, const char* path, int flags, mode_t mode) {
  const auto run = [&] {
    return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
  };
  return (flags & O_CREAT) != 0 ? counted(name, false, run) : run();
}

mode_t mode_argument(int flags, va_list list) {
  return (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
}

}  // namespace

extern "C" {

#define AMALGAM_OPEN(name)                                   \
  int name(const char* path, int flags, ...) {               \
    va_list list;                                            \
    va_start(list, flags);                                   \
    const mode_t mode = mode_argument(flags, list);          \
    va_end(list);                                            \
    return open_counted(#name, AT_FDCWD, path, flags, mode); \
  }
AMALGAM_OPEN(open)
AMALGAM_OPEN(open64)

#define AMALGAM_OPENAT(name)                               \
  int name(int folder, const char* path, int flags, ...) { \
    va_list list;                                          \
    va_start(list, flags);                                 \
    const mode_t mode = mode_argument(flags, list);        \
    va_end(list);                                          \
    return open_counted(#name, folder, path, flags, mode); \
  }
AMALGAM_OPENAT(openat)
AMALGAM_OPENAT(openat64)

// AMALGAM_CALL(removes, type, name, (parameters), (arguments))
#define AMALGAM_CALL(removes, name, parameters, arguments)          \
  int name parameters {                                             \
    static const auto next = real<int(*) parameters>(#name);        \
    return counted(#name, removes, [&] { return next arguments; }); \
  }
AMALGAM_CALL(false, creat, (const char* path, mode_t mode), (path, mode))
AMALGAM_CALL(false, mkdir, (const char* path, mode_t mode) noexcept, (path, mode))
AMALGAM_CALL(false, mkdirat, (int at, const char* path, mode_t mode) noexcept, (at, path, mode))
AMALGAM_CALL(false, fsync, (int fd), (fd))
AMALGAM_CALL(false, fdatasync, (int fd), (fd))
AMALGAM_CALL(false, ftruncate, (int fd, off_t size) noexcept, (fd, size))
AMALGAM_CALL(false, rename, (const char* from, const char* to) noexcept, (from, to))
AMALGAM_CALL(false, renameat, (int a, const char* from, int b, const char* to) noexcept,
             (a, from, b, to))
AMALGAM_CALL(false, renameat2,
             (int a, const char* from, int b, const char* to, unsigned flags) noexcept,
             (a, from, b, to, flags))
AMALGAM_CALL(false, link, (const char* from, const char* to) noexcept, (from, to))
AMALGAM_CALL(false, symlink, (const char* from, const char* to) noexcept, (from, to))
AMALGAM_CALL(true, unlink, (const char* path) noexcept, (path))
AMALGAM_CALL(true, unlinkat, (int at, const char* path, int flags) noexcept, (at, path, flags))
AMALGAM_CALL(true, rmdir, (const char* path) noexcept, (path))
AMALGAM_CALL(true, remove, (const char* path) noexcept, (path))

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  return counted(
      "write", false, [&] { return next(fd, bytes, size); },
      [&] { return next(fd, bytes, size / 2); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return counted(
      "pwrite", false, [&] { return next(fd, bytes, size, at); },
      [&] { return next(fd, bytes, size / 2, at); });
}

ssize_t copy_file_range(int in, off64_t* from, int out, off64_t* to, size_t size, unsigned flags) {
  using Copy = ssize_t (*)(int, off64_t*, int, off64_t*, size_t, unsigned);
  static const auto next = real<Copy>("copy_file_range");
  return counted(
      "copy_file_range", false, [&] { return next(in, from, out, to, size, flags); },
      [&] { return next(in, from, out, to, size / 2, flags); });
}

}  // extern "C"
