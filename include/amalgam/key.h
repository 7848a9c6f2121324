// The key: the sealed plan and the wanted tasks' names. It stays at home.
//
// Format: docs/formats/key.md. The body is sealed with XChaCha20-Poly1305; with a passphrase its
// key comes from Argon2id, without one it lies in the file, which is then the secret itself.
// Written with mode 0600, never overwritten.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace amalgam {

// What a key says, opened: for ObfuscateOptions::like, and nobody else's to look into.
struct Key;

// What anyone can read of a key file.
struct KeyHeader {
  std::uint32_t version = 0;
  bool passphrase = false;
  std::uint64_t body_bytes = 0;
  bool others_can_read = false;  // as its mode says: it is its owner's alone when written
};
KeyHeader read_key_header(const std::filesystem::path& path);

// Throws kKey when it does not open, kDamaged when it is no key file, or when what it seals
// contradicts itself or asks for more than a job can be, and kUnsupported when another version
// wrote it; what opens is safe to draw a plan from.
std::shared_ptr<const Key> read_key(const std::filesystem::path& path,
                                    const std::optional<std::string>& passphrase);

// The first line of a passphrase file. Throws kIo when it can't be read, kInvalid when it is empty,
// too long or holds a zero byte.
std::string read_passphrase(const std::filesystem::path& path);

}  // namespace amalgam
