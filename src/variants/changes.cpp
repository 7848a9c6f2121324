#include "variants/changes.h"

#include <numeric>

namespace amalgam {

ChangedModel unchanged(Model model) {
  ChangedModel out{std::move(model), {}};
  out.origin.resize(out.model.tensors.size());
  std::iota(out.origin.begin(), out.origin.end(), std::size_t{0});
  return out;
}

}  // namespace amalgam
