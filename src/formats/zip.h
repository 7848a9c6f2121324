// Reading zip archives (.pt2, .npz) with libzip: names and sizes checked, entries read whole or in
// pieces.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "amalgam/tensor.h"
#include "base/buffer.h"

namespace amalgam {

class ZipArchive : public std::enable_shared_from_this<ZipArchive> {
 public:
  // Throws kDamaged when the file is no zip archive, or one with two entries of one name.
  static std::shared_ptr<ZipArchive> open(const std::filesystem::path& path);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  const std::string& where() const { return where_; }
  std::vector<std::string> names() const;
  bool has(const std::string& name) const { return entries_.count(name) > 0; }
  std::uint64_t size(const std::string& name) const;
  // The whole entry, inflated, its CRC checked. Throws kDamaged past `limit` bytes.
  Buffer read(const std::string& name, std::uint64_t limit) const;
  // An entry that is stored, not deflated, read in pieces; nothing is kept in memory. A pass from
  // the first byte to the last checks the CRC. Throws kDamaged for a deflated entry.
  std::shared_ptr<const TensorSource> stored(const std::string& name) const;

 private:
  struct Entry {
    std::uint64_t index, size;
    bool deflated;
  };
  struct Handle;
  class StoredEntry;

  ZipArchive() = default;
  const Entry& entry(const std::string& name) const;

  std::string where_;
  std::shared_ptr<Handle> handle_;
  std::map<std::string, Entry> entries_;
};

}  // namespace amalgam
