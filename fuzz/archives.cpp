#include "archives.h"

#include <cstdint>
#include <cstdio>

namespace amalgam::fuzz {
namespace {

std::string le(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}

std::uint32_t crc_of(const std::string& content) {
  std::uint32_t crc = ~0u;
  for (const unsigned char byte : content) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0);
  }
  return ~crc;
}

std::string octal(std::uint64_t value, int digits) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string tar_of(const std::vector<Entry>& entries) {
  std::string out;
  for (const Entry& entry : entries) {
    std::string header(512, '\0');
    header.replace(0, entry.name.size(), entry.name);
    header.replace(100, 7, "0000644");
    header.replace(124, 11, octal(entry.claimed != 0 ? entry.claimed : entry.content.size(), 11));
    header.replace(148, 8, "        ");
    header[156] = entry.type != 0 ? entry.type : entry.name.ends_with('/') ? '5' : '0';
    header.replace(257, 8,
                   std::string("ustar\0"
                               "00",
                               8));
    unsigned sum = 0;
    for (const unsigned char byte : header) sum += byte;
    header.replace(148, 7, octal(sum, 6) + '\0');
    out += header + entry.content + std::string((512 - entry.content.size() % 512) % 512, '\0');
  }
  return out + std::string(1024, '\0');
}

std::string zip_of(const std::vector<Entry>& entries) {
  std::string out, directory;
  for (const Entry& entry : entries) {
    const std::string about = le(0, 2) + le(0, 2) + le(0, 4) + le(crc_of(entry.content), 4) +
                              le(entry.content.size(), 4) + le(entry.content.size(), 4) +
                              le(entry.name.size(), 2) + le(0, 2);
    directory += "PK\x01\x02" + le(20, 2) + le(20, 2) + about + le(0, 6) + le(0, 4) +
                 le(out.size(), 4) + entry.name;
    out += "PK\x03\x04" + le(20, 2) + about + entry.name + entry.content;
  }
  return out + directory + "PK\x05\x06" + le(0, 4) + le(entries.size(), 2) + le(entries.size(), 2) +
         le(directory.size(), 4) + le(out.size(), 4) + le(0, 2);
}

std::string gzip_of(const std::string& content) {
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11) + le(content.size(), 2) +
         le(~content.size() & 0xFFFFu, 2) + content + le(crc_of(content), 4) +
         le(content.size(), 4);
}

}  // namespace amalgam::fuzz
