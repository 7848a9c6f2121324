#include "base/buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

namespace amalgam {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Room for the buffer and for moving its start to a huge page's.
std::size_t mapped_size(std::size_t size) { return size + kHugePage; }

}  // namespace

Buffer::Buffer(std::size_t size) : size_(size) {
  if (size == 0) return;
  if (size > SIZE_MAX - kHugePage) throw std::bad_alloc();
  void* base = ::mmap(nullptr, mapped_size(size), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  auto* start = static_cast<std::byte*>(base);
  const std::size_t skip =
      (kHugePage - reinterpret_cast<std::uintptr_t>(start) % kHugePage) % kHugePage;
  // What lies around the buffer goes back, so that its own start and size are all there is to
  // remember.
  if (skip > 0) ::munmap(start, skip);
  data_ = start + skip;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t used = (size + page - 1) / page * page;
  if (const std::size_t rest = mapped_size(size) - skip; rest > used)
    ::munmap(data_ + used, rest - used);
#if defined(MADV_HUGEPAGE)
  if (size >= kHugePage) ::madvise(data_, used, MADV_HUGEPAGE);
#endif
}

Buffer::~Buffer() {
  if (data_) ::munmap(data_, size_);
}

void Buffer::grow(std::size_t size) {
  if (data_ == nullptr) {
    *this = Buffer(size);
    return;
  }
#if defined(__linux__)
  void* moved = ::mremap(data_, size_, size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::byte*>(moved);
  size_ = size;
#else
  Buffer larger(size);
  std::memcpy(larger.data_, data_, size_);
  std::swap(*this, larger);
#endif
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace amalgam
