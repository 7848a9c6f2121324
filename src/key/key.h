// What a key says, opened.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/key.h"
#include "base/secret.h"
#include "graph/uses.h"
#include "plan/plan.h"

namespace amalgam {

// Elements as [first, count] runs, ascending.
using KeyRuns = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// A tensor of the trained file, and what may come back in it. The same is kept of every tensor of
// the job, so that no check can depend on which tasks are wanted.
struct KeyTensor {
  std::string name;
  DType dtype{};
  Shape shape;
  TensorKind kind = TensorKind::kParameter;
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
  bool of_loss = false;     // the loss's own, which come back in a file of their own
};

// A task, as the plan was drawn from it.
struct KeyTask {
  TaskShape shape;
  // Fingerprint of its model and data; differs from the shape's in a job made like another.
  std::string content;
  // The same with the values that training begins with.
  std::string at_start;
  // How its rows were made: "data", or the generator's name. The audit plays the same scheme.
  std::string origin = "data";
};

struct KeyWanted {
  std::string name;
  std::size_t task = 0;        // index into Key::tasks
  std::size_t subnetwork = 0;  // its place in the job
  std::vector<KeyMapping> tensors;
  // Fields of its data that are no features, because other tasks of the job compare with them.
  std::vector<std::string> others_targets = {};  // NOLINT(readability-redundant-member-init)
};

struct Key {
  std::shared_ptr<const Secret> seed;
  std::uint64_t plan = kPlanVersion;
  PlanSize size;
  bool skip_damaged = false;                 // damaged images were left out of the datasets
  std::uint64_t epochs = 1, batch_size = 1;  // of the recipe
  std::string job_digest;          // BLAKE2b of job.json, in hex: which job this key belongs to
  std::vector<KeyTensor> trained;  // every tensor that a trained file must have
  std::vector<KeyTask> tasks;      // all of the job's, in the order in which they were given
  std::vector<KeyWanted> wanted;
};

// What read_key() points to.
Key open_key(const std::filesystem::path& path, const std::optional<std::string>& passphrase);
// Writes a new file at exactly `path`, mode 0600. Throws kDamaged for what read_key would refuse.
void write_key(const std::filesystem::path& path, const Key& key,
               const std::optional<std::string>& passphrase);

}  // namespace amalgam
