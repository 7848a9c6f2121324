#include "variants/fans.h"

namespace amalgam {

Fans fans_of(const Shape& weight) {
  if (weight.size() < 2) return {};
  double kernel = 1;
  for (std::size_t d = 2; d < weight.size(); ++d) kernel *= static_cast<double>(weight[d]);
  return {static_cast<double>(weight[1]) * kernel, static_cast<double>(weight[0]) * kernel};
}

}  // namespace amalgam
