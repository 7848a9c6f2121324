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
  std::optional<std::filesystem::path> plain;  // keep rows, sub-network and plain weights of each
                                               // wanted task here; of text the tokens
  std::string python = "python3";              // with torch, safetensors, tqdm and numpy
  const ImageLibrary* images = nullptr;        // null: images are refused
  const TextLibrary* text = nullptr;           // null: text is refused
  std::optional<std::string> passphrase;
};

struct Difference {
  std::string tensor;  // the user's name
  double largest;      // absolute; infinity where not comparable
};

struct VerifiedTask {
  std::string name;
  std::size_t tensors = 0;
  std::size_t identical = 0;  // bit for bit
  std::vector<Difference> differences;
  std::vector<std::string>
      weakened_by;  // why "up to rounding" is all that is promised; empty: bit for bit
  // Whether the law holds: all tensors identical, or differences that `weakened_by` allows.
  bool holds() const { return differences.empty() || !weakened_by.empty(); }
};

// Runs the job's own train.py and plain PyTorch (examples/plain_training.py) on the CPU. Throws
// when they cannot run, or when key, job, model and data do not belong together.
std::vector<VerifiedTask> verify(const VerifyOptions& options);

}  // namespace amalgam
