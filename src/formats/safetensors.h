// The safetensors format (https://huggingface.co/docs/safetensors): an 8-byte little-endian length,
// a JSON header, and one block of bytes without holes or overlaps.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/tensor.h"
#include "base/hash.h"

namespace amalgam {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// The specification's own bound on a header.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

// Maps the file; the tensors, in order of their offsets, keep it alive. Throws kDamaged for
// anything that the format does not allow: holes, overlaps, sizes that do not match, trailing
// bytes, duplicate names, unknown dtypes.
std::vector<NamedTensor> read_safetensors(const std::filesystem::path& path);

// The same with what its __metadata__ says. Throws kDamaged where that holds more than texts.
struct SafetensorsFile {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata;
};
SafetensorsFile read_safetensors_file(const std::filesystem::path& path);
// Whether the file begins as a safetensors file does; says nothing about the rest of it.
bool looks_like_safetensors(const std::filesystem::path& path);

// The bytes in front of the tensors: length and padded header, for tensors laid out in the given
// order.
std::string safetensors_header(const std::vector<NamedTensor>& tensors);
// Bytes of a file of these tensors, whose values need not be there yet.
std::uint64_t safetensors_bytes(const std::vector<NamedTensor>& tensors);
// The order of writing that keeps every tensor aligned: larger elements first, otherwise as given.
void sort_for_alignment(std::vector<NamedTensor>& tensors);

// Files are digested in pieces of this size, so that hashing, the slowest part of writing, has
// several cores.
inline constexpr std::uint64_t kDigestPiece = std::uint64_t{4} << 20;

// Writes a new file and returns its size and the BLAKE2b digests of its consecutive pieces of
// kDigestPiece bytes. Pieces are hashed while the next ones are read and written; a few of them are
// in memory at a time.
struct WrittenFile {
  std::vector<Digest> digests;
  std::uint64_t bytes;
};
WrittenFile write_safetensors(const std::filesystem::path& path,
                              const std::vector<NamedTensor>& tensors, unsigned mode = 0666,
                              Progress* progress = nullptr);

}  // namespace amalgam
