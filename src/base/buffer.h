// Memory for arrays: aligned, not filled beforehand, and in huge pages where the system gives them,
// because rows are read in random order and every small page would cost a walk through the page
// table.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace amalgam {

class Buffer {
 public:
  Buffer() = default;
  // `size` bytes, zero when first read; nothing is committed until it is touched. Throws
  // std::bad_alloc.
  explicit Buffer(std::size_t size);
  ~Buffer();
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Makes it longer; what it holds stays, at another address. Throws std::bad_alloc.
  void grow(std::size_t size);

  std::byte* data() { return data_; }
  std::size_t size() const { return size_; }
  Bytes bytes() const { return {data_, size_}; }
  MutableBytes mutable_bytes() { return {data_, size_}; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace amalgam
