// The bytes of a key file; docs/formats/key.md says the same in words.
//
//   offset size
//        0    8  magic "AMALGKEY"
//        8    4  version, 2
//       12    4  flags: 1 = the sealing key comes from a passphrase
//       16    8  Argon2id operations (0 without a passphrase)
//       24    8  Argon2id memory in bytes (0 without)
//       32   16  salt
//       48   24  nonce
//       72   32  the sealing key, or zeros with a passphrase
//      104    8  length of the sealed body
//      112    n  the body, XChaCha20-Poly1305; bytes 0 to 111 are its associated data. Opened, it
//      is the 32 bytes of
//                the seed and then JSON
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace amalgam::key_format {

inline constexpr std::string_view kMagic = "AMALGKEY";
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kPassphraseFlag = 1;
inline constexpr std::size_t kVersionAt = 8;
inline constexpr std::size_t kFlagsAt = 12;
inline constexpr std::size_t kOperationsAt = 16;
inline constexpr std::size_t kMemoryAt = 24;
inline constexpr std::size_t kSaltAt = 32;
inline constexpr std::size_t kNonceAt = 48;
inline constexpr std::size_t kSealingKeyAt = 72;
inline constexpr std::size_t kBodyBytesAt = 104;
inline constexpr std::size_t kHeaderBytes = 112;
// The layout of the body's JSON, which changes more often than the file's.
inline constexpr std::uint64_t kBody = 5;

// A file may ask for this much work and memory to try its passphrase, and no more.
inline constexpr std::uint64_t kMostOperations = 16;
inline constexpr std::uint64_t kMostMemory = std::uint64_t{2} << 30;

// What no key exceeds, so that opening one and drawing its streams takes less than a gigabyte, and
// seconds.
inline constexpr std::size_t kMostBytes = std::size_t{128} << 20;
inline constexpr std::size_t kMostValues = std::size_t{1} << 22;  // of the body's JSON
inline constexpr std::uint64_t kMostTasks = 4096;
inline constexpr std::uint64_t kMostFields = 1024;                        // of a task
inline constexpr std::uint64_t kMostTensors = std::uint64_t{1} << 20;     // of a job
inline constexpr std::uint64_t kMostDimensions = 64;                      // of a tensor
inline constexpr std::uint64_t kMostColumns = std::uint64_t{1} << 25;     // of a sample
inline constexpr std::uint64_t kMostRead = std::uint64_t{1} << 26;        // of it, by all tasks
inline constexpr std::uint64_t kMostVocabulary = std::uint64_t{1} << 25;  // of all tasks
inline constexpr std::uint64_t kMostDraws = std::uint64_t{1} << 27;  // for what is chosen among
inline constexpr std::uint64_t kMostLinks = std::uint64_t{1} << 16;
inline constexpr std::uint64_t kMostRows = std::uint64_t{1} << 40;
inline constexpr std::uint64_t kMostCount = std::uint64_t{1} << 53;  // of batches
inline constexpr std::uint64_t kMostTied = 256;    // names of one tensor, each of which is a copy
inline constexpr std::size_t kMostName = 4096;     // bytes
inline constexpr std::size_t kMostTaskName = 200;  // a file is called after it
// Hexadecimal digits.
inline constexpr std::size_t kJobDigest = 64, kTensorDigest = 32, kMostFingerprint = 128;

// Whether a text can be a version's, and nothing else that would have to be escaped.
inline bool is_version(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("0123456789.abcdevrt-+") == text.npos;
}

}  // namespace amalgam::key_format
