// A model whose structure was changed.
#pragma once

#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

struct ChangedModel {
  Model model;
  // Of each tensor: the one of the original model whose form its values have.
  std::vector<std::size_t> origin;
};

ChangedModel unchanged(Model model);

}  // namespace amalgam
