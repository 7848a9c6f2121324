// What an export may have changed without a word, in the words of a user who can mend it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// One sentence each, of a training graph whose loss takes these values: layers that are switched
// off, trainable parameters that no loss reaches, a model of which nothing is trained.
std::vector<std::string> export_notes(const Model& model, std::span<const ValueId> loss_of);

// What is wrong where training would change no parameter: there is none, all are frozen, or the
// loss reaches none.
std::optional<std::string> untrainable(const Model& model, std::span<const ValueId> loss_of);

}  // namespace amalgam
