// job.json: what a job says of itself (docs/formats/job.md). Written and read here alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "amalgam/recipe.h"
#include "base/json.h"
#include "plan/plan.h"

namespace amalgam {

inline constexpr std::uint64_t kJobFormat = 2;
inline constexpr const char* kManifestName = "job.json";

// Columns that a sub-network reads together, of one tensor of the shards.
struct ManifestField {
  ColumnGroup columns{};
  Shape shape;          // of one sample, as the sub-network takes it
  std::string tensor;   // of a feature: which of its tensors holds the positions
  Positions positions;  // of a target: themselves
};

struct ManifestSubnetwork {
  Json recipe;                        // as train.py takes it
  std::uint64_t receives = 0;         // links that end in it
  std::vector<ManifestField> fields;  // features in the order of its inputs, then targets
};

struct ManifestShard {
  std::string file;  // inside the job
  std::uint64_t rows = 0;
};

struct ManifestFile {
  std::uint64_t bytes = 0;
  std::vector<std::string> digests;  // BLAKE2b of each piece, in hex
};

struct Manifest {
  std::uint64_t plan = kPlanVersion;
  std::uint64_t rows = 0, held_out_rows = 0;
  std::map<ColumnGroup, std::uint64_t> columns;  // elements of one sample
  JobSettings training;
  std::vector<ManifestSubnetwork> subnetworks;
  std::vector<ManifestShard> train, valid;
  std::uint64_t digest_piece = 0;             // bytes
  std::map<std::string, ManifestFile> files;  // all but job.json itself, by their place in the job
};

// Throws kDamaged where positions are not as many as the field's shape says, or are not below the
// number of columns that there are.
void check_positions(const Positions& positions, const ManifestField& field, std::uint64_t columns,
                     const std::string& where);

Json manifest_json(const Manifest& manifest);
// The text of job.json.
std::string manifest_text(const Manifest& manifest);
void write_manifest(const std::filesystem::path& folder, const Manifest& manifest);
// Of job.json in the folder. Throws kUnsupported where another version wrote it, kDamaged where it
// contradicts itself or names what lies outside the folder.
Manifest read_manifest(const std::filesystem::path& folder);
// BLAKE2b of each piece of so many bytes, in hex.
std::vector<std::string> piece_digests(Bytes bytes, std::uint64_t piece);
// BLAKE2b of job.json, in hex: which job a key belongs to.
std::string manifest_digest(const std::filesystem::path& folder);

}  // namespace amalgam
