// The proof of "same training" on the user's own job: the job and the plain model, trained for some
// steps and compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/recipe.h"

namespace amalgam {

struct VerifyOptions {
  std::filesystem::path key;
  std::filesystem::path job;  // as obfuscate wrote it: its train.py is run
  Recipe recipe;              // its tasks are the wanted ones, as given to obfuscate
  std::uint64_t steps = 20;   // batches; at least 1
  // A folder to keep, of each wanted task, rows.npy, its sub-network's number, its start, the
  // recipe as plain training takes it and the plain weights in; of text the tokens. None: a
  // temporary one.
  std::optional<std::filesystem::path> plain;
  // The interpreter of both runs, with torch, safetensors, tqdm and numpy.
  std::string python = "python3";
  const ImageLibrary* images = nullptr;  // null: images are refused
  const TextLibrary* text = nullptr;     // null: text is refused
  // The key's. REQUIRES: given where the key has one.
  std::optional<std::string> passphrase;
};

// A tensor that is not the same in every bit.
struct Difference {
  std::string tensor;  // the user's name
  // Of numbers: the largest absolute difference, and the root of the sum of all squared ones.
  // Infinity where `what` is not empty.
  double largest = 0, norm = 0;
  // Why no number says how far they are apart: missing, another dtype or shape, not finite.
  std::string what;
};

// How far honest runs are apart where verify ran. Two runs of plain training, one like the other,
// are mostly equal bit for bit; then so must the job be.
struct HonestBound {
  double apart = 0;    // as Difference::norm, of all tensors together
  double allowed = 0;  // the same, times a factor
};

// What came out of one wanted task.
struct VerifiedTask {
  std::string name;           // as the recipe calls it
  std::size_t tensors = 0;    // of state_dict(), that were compared
  std::size_t identical = 0;  // of them, bit for bit
  std::vector<Difference> differences;
  double distance = 0;  // the differences' norm; infinity where one has none
  // Why the plain run is not, bit for bit, what the user's model gives in the user's own numbers.
  // The job is compared with a plain run to which none of this applies.
  std::vector<std::string> weakened_by;
  // What the recipe says otherwise than the job, which alone makes differences.
  std::vector<std::string> other_settings;
  // Measured where there are differences that have numbers.
  std::optional<HonestBound> bound;
  // Whether the law holds.
  bool holds() const {
    return differences.empty() || (bound && bound->apart > 0 && distance <= bound->allowed);
  }
};

// What verify() refuses before it loads a model or data: a key that does not open or belongs to
// another job, a folder of `plain` that is there. Throws Error.
void check_before_loading(const VerifyOptions& options);

// The files of plain training (examples/plain_training.py and those beside it): names and contents.
std::vector<std::pair<std::string, std::string>> plain_training_files();

// Runs the job's own train.py and plain PyTorch (examples/plain_training.py) on the CPU, the latter
// under the job's numbers of tokens where only that can be exact. Throws when they cannot run, or
// when key, job, model and data do not belong together; what comes out of them never throws.
std::vector<VerifiedTask> verify(const VerifyOptions& options);

}  // namespace amalgam
