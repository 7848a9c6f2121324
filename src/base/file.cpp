#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "base/interrupt.h"
#include "base/secret.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// 0, or -1 with errno: EEXIST where `to` is there.
int rename_without_replacing(const fs::path& from, const fs::path& to) {
#if defined(__APPLE__)
  return ::renamex_np(from.c_str(), to.c_str(), RENAME_EXCL);
#else
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
#endif
}

[[noreturn]] void fail_io(const fs::path& path, std::string_view doing) {
  const int error = errno;
  throw Error(ErrorCode::kIo, path.string(), std::string(doing) + ": " + std::strerror(error));
}

[[noreturn]] void fail_exists(const fs::path& path) {
  throw Error(ErrorCode::kExists, path.string(),
              "is already there, and is never overwritten; choose another name or remove it");
}

std::string random_suffix() { return to_hex(Secret::random(6).bytes()); }

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_io(path, "cannot be opened");
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    throw Error(ErrorCode::kIo, path.string(), "is not a regular file");
  }
  auto file = std::shared_ptr<MappedFile>(new MappedFile());
  file->size_ = static_cast<std::size_t>(info.st_size);
  if (file->size_ > 0) {
    void* data = ::mmap(nullptr, file->size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      ::close(fd);
      fail_io(path, "cannot be mapped");
    }
    file->data_ = static_cast<const std::byte*>(data);
  }
  ::close(fd);
  return file;
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

OutputFile::OutputFile(fs::path path, unsigned mode) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd_ < 0 && errno == EEXIST) fail_exists(path_);
  if (fd_ < 0) fail_io(path_, "cannot be created");
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
}

void OutputFile::write(Bytes bytes) {
  // Longer writes make the page cache ask for the largest free blocks of memory, which on virtual
  // machines are those that the host took back: writing then took up to three times as long.
  static constexpr std::size_t kPiece = std::size_t{512} << 10;
  while (!bytes.empty()) {
    check_interrupted();
    const ssize_t n = ::write(fd_, bytes.data(), std::min(bytes.size(), kPiece));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_io(path_, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void OutputFile::close() {
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) fail_io(path_, "cannot be written");
}

StagedOutput::StagedOutput(fs::path final_path, Kind kind) : final_(std::move(final_path)) {
  if (final_.filename().empty()) final_ = final_.parent_path();
  if (fs::symlink_status(final_).type() != fs::file_type::not_found) fail_exists(final_);
  const fs::path folder = final_.parent_path();
  if (!folder.empty() && !fs::is_directory(folder))
    throw Error(ErrorCode::kIo, folder.string(),
                "is not a folder, so nothing can be written there");
  staged_ = folder / ("." + final_.filename().string() + ".incomplete-" + random_suffix());
  if (kind == Kind::kFolder && ::mkdir(staged_.c_str(), 0777) != 0)
    fail_io(staged_, "cannot be created");
}

StagedOutput::~StagedOutput() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(staged_, ignored);
}

void StagedOutput::commit() {
  if (rename_without_replacing(staged_, final_) == 0) {
    committed_ = true;
    return;
  }
  if (errno == EEXIST) fail_exists(final_);
  // Some file systems lack the flag; the check at the start then has to do.
  if (errno != EINVAL || fs::exists(final_)) fail_io(final_, "cannot be written");
  if (::rename(staged_.c_str(), final_.c_str()) != 0) fail_io(final_, "cannot be written");
  committed_ = true;
}

void StagedOutput::revoke() {
  if (!std::exchange(committed_, false)) return;
  std::error_code ignored;
  fs::rename(final_, staged_, ignored);
}

bool lies_inside(const fs::path& path, const fs::path& folder) {
  const fs::path inner = fs::absolute(path).lexically_normal();
  const fs::path outer = fs::absolute(folder / "").lexically_normal();
  return inner.string().starts_with(outer.string());
}

TemporaryFolder::TemporaryFolder(const std::string& name) {
  std::string made = (fs::temp_directory_path() / ("amalgam-" + name + "-XXXXXX")).string();
  if (!::mkdtemp(made.data())) fail_io(made, "cannot be created");
  path_ = made;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void commit_together(std::span<StagedOutput*> outputs) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  try {
    for (StagedOutput* output : outputs) output->commit();
  } catch (...) {
    for (StagedOutput* output : outputs) output->revoke();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace amalgam
