// The bytes of a key file; docs/formats/key.md says the same in words.
//
//   offset size
//        0    8  magic "AMALGKEY"
//        8    4  version, 1
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
inline constexpr std::uint32_t kVersion = 1;
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
inline constexpr std::size_t kMostBytes = std::size_t{1} << 30;
// A file may ask for this much work and memory to try its passphrase, and no more.
inline constexpr std::uint64_t kMostOperations = 16;
inline constexpr std::uint64_t kMostMemory = std::uint64_t{2} << 30;

}  // namespace amalgam::key_format
