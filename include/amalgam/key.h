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
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

class Secret;

// Elements as [first, count] runs, ascending.
using KeyRuns = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// A tensor of the trained file, and what may come back in it. The same is kept of every tensor of
// the job, so that no check can depend on which tasks are wanted.
struct KeyTensor {
  enum class Kind {
    kParameter,  // trained
    kFrozen,     // a parameter that training does not change
    kBuffer,     // changed by training
    kConstant,   // a buffer that training does not change
    kVariance,   // running variances: never below 0
    kCounter,    // counts batches
    kPositions,  // the columns that a sub-network reads
  };
  std::string name;
  DType dtype;
  Shape shape;
  Kind kind = Kind::kParameter;
  std::string digest;  // of its initial bytes: 16 bytes of BLAKE2b, in hex
  KeyRuns not_finite;  // whose initial value was not finite; there anything may come back
  // Of a counter: its initial value, and what a batch adds.
  std::uint64_t start = 0, per_batch = 0;
};

// A tensor that goes back to its owner.
struct KeyMapping {
  std::vector<std::string> user_names;  // under each of which it is written
  std::string job_name;
  bool renumbered = false;  // its rows are tokens, which the stream numbers anew
};

// Columns of a job that belong together; see ColumnShape.
struct KeyColumns {
  DType dtype;
  std::uint64_t width;
  std::uint64_t borrowed = 0;
  bool scattered = false;
  std::uint64_t vocabulary = 0;

  bool operator==(const KeyColumns&) const = default;
};

// The facts of a task that the plan was drawn from; see TaskShape.
struct KeyTask {
  std::string fingerprint;
  std::string
      content;  // of its model and data; differs from the fingerprint in a job made like another
  std::vector<KeyColumns> features;
  std::optional<KeyColumns> targets;
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
  bool may_send = true, may_receive = false;
  // How its rows were made: "data", or the generator's name. The audit plays the same scheme.
  std::string origin = "data";
};

struct KeyWanted {
  std::string name;
  std::size_t task = 0;        // index into Key::tasks
  std::size_t subnetwork = 0;  // its place in the job
  std::vector<KeyMapping> tensors;
};

struct Key {
  std::shared_ptr<const Secret> seed;
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
  std::uint64_t links = 0;
  bool skip_damaged = false;                 // damaged images were left out of the datasets
  std::uint64_t epochs = 1, batch_size = 1;  // of the recipe
  std::string job_digest;          // BLAKE2b of job.json, in hex: which job this key belongs to
  std::vector<KeyTensor> trained;  // every tensor that a trained file must have
  std::vector<KeyTask> tasks;      // all of the job's, in the order in which they were given
  std::vector<KeyWanted> wanted;
};

// What anyone can read of a key file.
struct KeyHeader {
  std::uint32_t version = 0;
  bool passphrase = false;
  std::uint64_t body_bytes = 0;
  bool others_can_read = false;  // as its mode says: it is its owner's alone when written
};

// Throw kKey when it does not open, kDamaged when it is no key file, or when what it seals
// contradicts itself or asks for more than a job can be; what opens is safe to draw a plan from.
KeyHeader read_key_header(const std::filesystem::path& path);
Key read_key(const std::filesystem::path& path, const std::optional<std::string>& passphrase);
// Writes a new file at exactly `path`, mode 0600. Throws kDamaged for what read_key would refuse.
void write_key(const std::filesystem::path& path, const Key& key,
               const std::optional<std::string>& passphrase);

// The first line of a passphrase file. Throws kIo when it can't be read, kInvalid when it is empty,
// too long or holds a zero byte.
std::string read_passphrase(const std::filesystem::path& path);

}  // namespace amalgam
