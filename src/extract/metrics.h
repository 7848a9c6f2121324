// What the trainer's metrics.jsonl says of the weights that are extracted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/extract.h"
#include "key/key.h"

namespace amalgam {

struct Metrics {
  std::vector<std::optional<HeldOutMetric>> held_out;  // of each sub-network
  std::vector<std::string> notes;
};

// The metrics.jsonl that lies beside the trained file, where it is there: of the epoch that the
// file's name says (epoch-NNN.safetensors), of those in `best_epochs` (TrainedFile), else of the
// last; nothing of averaged weights, which train.py does not evaluate. Lines that are something
// else are counted in a note, and a file that is too large, or none, is left alone with one. Never
// throws for what the file says.
Metrics read_metrics_beside(const std::filesystem::path& trained, const std::string& best_epochs,
                            const Key& key);

}  // namespace amalgam
