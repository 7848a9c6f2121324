#include "audit/attack.h"

namespace amalgam {

std::vector<std::unique_ptr<Attack>> all_attacks() {
  std::vector<std::unique_ptr<Attack>> attacks;
  for (auto* make : {make_variation, make_edges, make_compression, make_separability, make_moments,
                     make_layout, make_denoising, make_labels, make_repeats, make_text_entropy,
                     make_likelihood, make_numbering, make_lengths, make_bends})
    attacks.push_back(make());
  return attacks;
}

}  // namespace amalgam
