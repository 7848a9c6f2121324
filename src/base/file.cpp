#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/interrupt.h"
#include "base/staged_output.h"

namespace amalgam {
namespace fs = std::filesystem;

void fail_io(const fs::path& path, std::string_view doing) {
  const int error = errno;
  throw Error(ErrorCode::kIo, shown_path(path), std::string(doing) + ": " + std::strerror(error));
}

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
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
    file->region_ = std::make_unique<MappedRegion>(file->data_, file->size_, path.string());
  }
  ::close(fd);
  return file;
}

MappedFile::~MappedFile() {
  region_.reset();
  if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

OutputFile::OutputFile(fs::path path, unsigned mode) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd_ < 0 && errno == EEXIST)
    throw Error(ErrorCode::kExists, shown_path(path_),
                "is already there, and is never overwritten");
  if (fd_ < 0) fail_io(path_, "cannot be created");
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
}

void OutputFile::write(Bytes bytes) {
  // Longer writes make the page cache ask for the largest free blocks of memory, which on virtual
  // machines are those that the host took back: writing then took up to three times as long.
  static constexpr std::size_t kPiece = std::size_t{512} << 10;
  // The disk writes these while the next bytes are made, not all of them when the file is closed.
  static constexpr std::uint64_t kWaiting = std::uint64_t{32} << 20;
  while (!bytes.empty()) {
    check_interrupted();
    const ssize_t n = ::write(fd_, bytes.data(), std::min(bytes.size(), kPiece));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_io(path_, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    waiting_ += static_cast<std::uint64_t>(n);
    if (waiting_ >= kWaiting) start_flushing();
  }
}

void OutputFile::start_flushing() {
#if defined(__linux__)
  // Best effort: what goes wrong, close() is told.
  ::sync_file_range(fd_, static_cast<off64_t>(flushing_), static_cast<off64_t>(waiting_),
                    SYNC_FILE_RANGE_WRITE);
#endif
  flushing_ += waiting_;
  waiting_ = 0;
}

void OutputFile::close() {
  while (::fsync(fd_) != 0) {
    // Pipes and their kin have nothing to flush.
    if (errno == EINVAL || errno == ENOTSUP) break;
    if (errno != EINTR) fail_io(path_, "cannot be written");
  }
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) fail_io(path_, "cannot be written");
}

void write_file(const fs::path& path, std::string_view content) {
  OutputFile out(path);
  out.write(content);
  out.close();
}

bool lies_inside(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  const fs::path inner = fs::weakly_canonical(fs::absolute(path), ignored);
  const fs::path outer = fs::weakly_canonical(fs::absolute(folder), ignored) / "";
  return inner.string().starts_with(outer.lexically_normal().string());
}

}  // namespace amalgam
