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

[[noreturn]] void fail_exists(const fs::path& path) {
  throw Error(ErrorCode::kExists, path.string(),
              "is already there, and is never overwritten; choose another name, or move it away");
}

fs::path folder_of(const fs::path& path) {
  return path.parent_path().empty() ? fs::path(".") : path.parent_path();
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

struct Live {
  const void* owner;
  fs::path final_path, content, place;  // place: the final path without links and dots
};

std::mutex mutex;  // of what follows
std::vector<Live> live;

bool is_job(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "job.json", ignored) && fs::exists(folder / "train.py", ignored);
}

// All of a job is sent: neither a key nor anything that was made with one may lie in it.
void refuse_inside_a_job(const fs::path& final_path, const fs::path& place) {
  for (fs::path folder = place.parent_path();; folder = folder.parent_path()) {
    if (is_job(folder))
      throw Error(ErrorCode::kUsage, final_path.string(),
                  "lies inside the job " + folder.string() +
                      ", which goes to the cloud; choose a place at home");
    if (folder == folder.parent_path()) return;
  }
}

void refuse_other_outputs(const fs::path& final_path, const fs::path& place) {
  const std::lock_guard guard(mutex);
  for (const Live& other : live) {
    if (place == other.place)
      throw Error(ErrorCode::kUsage, final_path.string(),
                  "is the place of two outputs; name another for one of them");
    if (lies_inside(place, other.place) || lies_inside(other.place, place))
      throw Error(ErrorCode::kUsage, final_path.string(),
                  "and " + other.final_path.string() +
                      " are outputs one inside the other; choose places beside each other");
  }
}

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

StagedOutput::StagedOutput(fs::path final_path, Kind kind) : final_(std::move(final_path)) {
  if (final_.filename().empty()) final_ = final_.parent_path();
  if (final_.empty())
    throw Error(ErrorCode::kUsage, "", "the name of an output is empty; give it one");
  std::error_code error;
  const fs::file_type type = fs::symlink_status(final_, error).type();
  if (type == fs::file_type::none) {
    errno = error.value();
    fail_io(final_, "cannot be written");
  }
  const fs::path folder = folder_of(final_);
  if (type == fs::file_type::not_found && !fs::is_directory(folder, error))
    throw Error(ErrorCode::kIo, folder.string(),
                "is not a folder, so nothing can be written there");
  remove_leftovers(hidden_prefix(final_));
  if (type != fs::file_type::not_found) fail_exists(final_);
  const fs::path place = fs::canonical(folder) / final_.filename();
  refuse_inside_a_job(final_, place);
  refuse_other_outputs(final_, place);
  create_folder(kind);
  const std::lock_guard guard(mutex);
  live.push_back({this, final_, content_, place});
}

void StagedOutput::create_folder(Kind kind) {
  const LockedFolder made =
      make_locked_folder(hidden_prefix(final_), kind == Kind::kFolder ? 0777 : 0700);
  if (made.lock < 0) fail_io(final_, "cannot be created");
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
  if (rename_without_replacing(content_, final_) != 0) {
    if (errno == EEXIST) fail_exists(final_);
    // Some file systems lack the flag; the check at the start then has to do.
    if (errno != EINVAL || fs::exists(final_)) fail_io(final_, "cannot be written");
    if (::rename(content_.c_str(), final_.c_str()) != 0) fail_io(final_, "cannot be written");
  }
  committed_ = true;
  flush_path(folder_of(final_), O_DIRECTORY);
}

void StagedOutput::commit() {
  StagedOutput* self[] = {this};
  commit_together(self);
}

void StagedOutput::revoke() {
  if (!std::exchange(committed_, false)) return;
  std::error_code ignored;
  fs::rename(final_, content_, ignored);
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
