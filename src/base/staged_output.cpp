#include "base/staged_output.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/leftovers.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMark = ".incomplete-";
// Some file systems have names of 143 bytes at most.
constexpr std::size_t kLongestName = 100, kKeptOfLongName = 70;

// 0, or -1 with errno: EEXIST where `to` is there.
int rename_without_replacing(const fs::path& from, const fs::path& to) {
#if defined(__APPLE__)
  return ::renamex_np(from.c_str(), to.c_str(), RENAME_EXCL);
#else
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
#endif
}

// How the hidden folders of an output begin. Long names are shortened, and told apart by a digest.
fs::path hidden_prefix(const fs::path& final_path) {
  std::string name = final_path.filename().string();
  if (name.size() > kLongestName) {
    std::size_t kept = kKeptOfLongName;
    while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80) --kept;
    const std::string digest = to_hex(Blake2b().update(std::string_view(name)).finish());
    name = name.substr(0, kept) + "~" + digest.substr(0, 16);
  }
  return final_path.parent_path() / ("." + name + std::string(kMark));
}

// What a killed run left is removed also where the output is there.
fs::path without_leftovers(fs::path final_path) {
  final_path = output_path(std::move(final_path));
  remove_leftovers(hidden_prefix(final_path));
  return final_path;
}

struct Live {
  const void* owner;
  fs::path final_path, content;
};

std::mutex mutex;  // of what follows
std::vector<Live> live;

void flush_path(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
  if (fd < 0) fail_io(path, "cannot be flushed to the disk");
  const int status = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  // Not every file system can flush a folder.
  if (status == 0 || ((flags & O_DIRECTORY) != 0 && (error == EINVAL || error == ENOTSUP))) return;
  errno = error;
  fail_io(path, "cannot be flushed to the disk");
}

}  // namespace

StagedOutput::StagedOutput(fs::path final_path, Kind kind)
    : place_(without_leftovers(std::move(final_path))) {
  create_folder(kind);
  const std::lock_guard guard(mutex);
  live.push_back({this, target(), content_});
}

void StagedOutput::create_folder(Kind kind) {
  const LockedFolder made =
      make_locked_folder(hidden_prefix(target()), kind == Kind::kFolder ? 0777 : 0700);
  if (made.lock < 0) fail_io(target(), "cannot be created");
  staged_ = made.path;
  lock_ = made.lock;
  content_ = kind == Kind::kFolder ? staged_ : staged_ / "content";
}

StagedOutput::~StagedOutput() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(staged_, ignored);
  if (lock_ >= 0) ::close(lock_);
  const std::lock_guard guard(mutex);
  std::erase_if(live, [this](const Live& one) { return one.owner == this; });
}

void StagedOutput::flush() const {
  if (!fs::is_directory(content_)) return flush_path(content_, 0);
  for (const auto& entry : fs::recursive_directory_iterator(content_)) {
    check_interrupted();
    if (entry.is_symlink()) continue;
    flush_path(entry.path(), entry.is_directory() ? O_DIRECTORY : 0);
  }
  flush_path(content_, O_DIRECTORY);
}

void StagedOutput::rename() {
  if (rename_without_replacing(content_, target()) != 0) {
    if (errno == EEXIST) fail_exists(target());
    // Some file systems lack the flag; the check at the start then has to do.
    if (errno != EINVAL || fs::exists(target())) fail_io(target(), "cannot be written");
    if (::rename(content_.c_str(), target().c_str()) != 0) fail_io(target(), "cannot be written");
  }
  committed_ = true;
  flush_path(place_.folder(), O_DIRECTORY);
}

void StagedOutput::commit() {
  StagedOutput* self[] = {this};
  commit_together(self);
}

void StagedOutput::revoke() {
  if (!std::exchange(committed_, false)) return;
  std::error_code ignored;
  fs::rename(target(), content_, ignored);
}

void create_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) != 0) fail_io(path, "cannot be created");
}

void commit_together(std::span<StagedOutput*> outputs) {
  for (const StagedOutput* output : outputs) output->flush();
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, SIGBUS);  // held back, it would end the process
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    check_interrupted();
    for (StagedOutput* output : outputs) output->rename();
  } catch (...) {
    for (StagedOutput* output : outputs) output->revoke();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  std::error_code ignored;
  for (const StagedOutput* output : outputs)
    if (output->content_ != output->staged_) fs::remove(output->staged_, ignored);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::string shown_path(const fs::path& path) {
  std::string text = path.string();
  const std::lock_guard guard(mutex);
  for (const Live& one : live) {
    const std::string content = one.content.string();
    if (text == content || text.starts_with(content + "/"))
      return one.final_path.string() + text.substr(content.size());
  }
  return text;
}

}  // namespace amalgam
