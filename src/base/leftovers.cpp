#include "base/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>
#include <utility>

#include "base/hash.h"
#include "base/secret.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSuffixBytes = 6;

std::mutex mutex;  // of what follows
std::vector<fs::path> removed;

bool is_leftover(const std::string& name, const std::string& prefix) {
  return name.size() == prefix.size() + 2 * kSuffixBytes && name.starts_with(prefix) &&
         name.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos;
}

// A descriptor of what is this user's and nobody else has locked, or -1.
int lock_alone(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info {};
  if (fd >= 0 && ::fstat(fd, &info) == 0 && info.st_uid == ::geteuid() &&
      ::flock(fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

}  // namespace

LockedFolder make_locked_folder(const fs::path& prefix, mode_t mode) {
  // Another run that looks for leftovers may take a new folder before it is locked.
  for (int attempt = 0; attempt < 100; ++attempt) {
    const fs::path path = prefix.string() + to_hex(Secret::random(kSuffixBytes).bytes());
    if (::mkdir(path.c_str(), mode) != 0) return {};
    const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) continue;
    // Not every file system has locks.
    const bool held = ::flock(lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    struct stat info {};
    if (held && ::stat(path.c_str(), &info) == 0) return {path, lock};
    ::close(lock);
  }
  return {};
}

void remove_leftovers(const fs::path& prefix) {
  const fs::path folder = prefix.parent_path();
  const std::string begin = prefix.filename().string();
  std::vector<fs::path> found;
  std::error_code ignored;
  for (fs::directory_iterator at(folder.empty() ? fs::path(".") : folder, ignored), end;
       !ignored && at != end; at.increment(ignored))
    if (is_leftover(at->path().filename().string(), begin))
      found.push_back(folder / at->path().filename());
  for (const fs::path& path : found) {
    const int lock = lock_alone(path);
    if (lock < 0) continue;
    const std::uintmax_t count = fs::remove_all(path, ignored);
    ::close(lock);
    const std::lock_guard guard(mutex);
    if (!ignored && count > 0) removed.push_back(path);
  }
}

std::vector<fs::path> take_removed_leftovers() {
  const std::lock_guard guard(mutex);
  return std::exchange(removed, {});
}

}  // namespace amalgam
