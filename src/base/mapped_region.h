// Files that are mapped, so that one which is cut while it is read is an error and not a crash.
#pragma once

#include <cstddef>
#include <string>

namespace amalgam {

// Known to the handler of guard_mapped_files() while the object lives.
class MappedRegion {
 public:
  MappedRegion(const std::byte* begin, std::size_t size, std::string path);
  ~MappedRegion();
  MappedRegion(const MappedRegion&) = delete;
  MappedRegion& operator=(const MappedRegion&) = delete;

 private:
  std::string path_;
  void* entry_;
};

// For a whole process, once: from now on a mapped file that was cut reads as zeros where it ends,
// and check_mapped_files() throws. Other bus errors stay what they are.
void guard_mapped_files();
// Throws kIo, naming the file, once a mapped file could not be read to its end.
void check_mapped_files();

}  // namespace amalgam
