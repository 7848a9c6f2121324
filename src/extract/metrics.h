// The trainer's metrics.jsonl, as it came back: a line of JSON each time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/extract.h"

namespace amalgam {

struct Metrics {
  std::vector<std::optional<HeldOutMetric>> held_out;  // the last of each sub-network
  std::vector<std::string> notes;
};

// Of `path`, where it is there; lines that are something else are counted in a note, and a file
// that is too large, or none, is left alone with one. Never throws for what the file says.
Metrics read_metrics(const std::filesystem::path& path, std::size_t subnetworks);

}  // namespace amalgam
