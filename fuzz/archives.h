// Small archives to begin with: tar, zip and gzip, nothing compressed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace amalgam::fuzz {

struct Entry {
  std::string name, content;
  char type = 0;              // of a tar's entry; 0: a file, or a folder where the name says so
  std::uint64_t claimed = 0;  // the size that a tar tells, where it is not the content's
};

std::string tar_of(const std::vector<Entry>& entries);
std::string zip_of(const std::vector<Entry>& entries);
std::string gzip_of(const std::string& content);  // of less than 64 KiB

}  // namespace amalgam::fuzz
