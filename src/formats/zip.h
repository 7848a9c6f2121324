// Reading zip archives (.pt2, .npz) with libzip: names and sizes checked, entries inflated, or seen
// where they lie in the mapped file.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"

namespace amalgam {

class ZipArchive {
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
  // The bytes of an entry that is stored, not deflated, where they lie in the mapped file; they
  // live as long as owner(). Reads them once, to check the CRC. Throws kDamaged for a deflated
  // entry.
  Bytes stored(const std::string& name) const;
  std::shared_ptr<const void> owner() const;

 private:
  struct Entry {
    std::uint64_t index, size;
    std::uint32_t crc;
    bool deflated;
  };
  struct Handle;

  ZipArchive() = default;
  const Entry& entry(const std::string& name) const;
  Bytes locate(const Entry& entry, const std::string& where) const;

  std::string where_;
  std::shared_ptr<Handle> handle_;
  std::map<std::string, Entry> entries_;
};

}  // namespace amalgam
