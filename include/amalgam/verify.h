// The proof of "same training" on the user's own job: the job and the plain model, trained for some
// steps and compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/recipe.h"

namespace amalgam {

struct VerifyOptions {
  std::filesystem::path key;
  std::filesystem::path job;
  Recipe recipe;             // its tasks are the wanted ones, as given to obfuscate
  std::uint64_t steps = 20;  // batches
  std::optional<std::filesystem::path> plain;  // keep rows, sub-network, start and plain weights of
                                               // each wanted task here; of text the tokens
  std::string python = "python3";              // with torch, safetensors, tqdm and numpy
  const ImageLibrary* images = nullptr;        // null: images are refused
  const TextLibrary* text = nullptr;           // null: text is refused
  std::optional<std::string> passphrase;
};

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

struct VerifiedTask {
  std::string name;
  std::size_t tensors = 0;
  std::size_t identical = 0;  // bit for bit
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

// Runs the job's own train.py and plain PyTorch (examples/plain_training.py) on the CPU, the latter
// under the job's numbers of tokens where only that can be exact. Throws when they cannot run, or
// when key, job, model and data do not belong together; what comes out of them never throws.
std::vector<VerifiedTask> verify(const VerifyOptions& options);

}  // namespace amalgam
