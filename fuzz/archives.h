// Small archives to begin with: tar, zip and gzip, nothing compressed.
#pragma once

#include <string>
#include <vector>

namespace amalgam::fuzz {

struct Entry {
  std::string name, content;
};

std::string tar_of(const std::vector<Entry>& entries);
std::string zip_of(const std::vector<Entry>& entries);
std::string gzip_of(const std::string& content);  // of less than 64 KiB

}  // namespace amalgam::fuzz
