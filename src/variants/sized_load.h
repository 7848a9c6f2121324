// What a model costs in other widths, without making it: a search asks for hundreds of widths, and
// a copy of the model for each would be most of the time.
#pragma once

#include <vector>

#include "graph/operations/operation.h"
#include "variants/choose.h"

namespace amalgam {

// Finds a model's costs in many widths: each takes only what depends on them.
class SizedLoad {
 public:
  // Both must outlive it.
  SizedLoad(const Model& model, const WidthInference& widths);

  // As load_of(sized(model, widths, sizes)). Time in the sizes and costs that depend on widths.
  Load at(const Assignment& sizes);

 private:
  // A dimension of a value that an operation's cost depends on.
  struct Place {
    ValueId value;
    std::size_t dim, size;
  };
  struct Cost {
    const Node* node;
    CostRule rule;
  };

  void collect(const Graph& graph);
  void follow(ValueId id);
  std::size_t distinct(const Size& size);

  const WidthInference& widths_;
  Program values_;           // the model's, without its graph
  double batch_;             // of the export's example
  std::vector<Size> sizes_;  // each once, with what it is now
  std::vector<std::uint64_t> now_;
  std::map<const Size::Terms*, std::size_t> place_of_size_;
  std::vector<Place> places_;
  std::vector<bool> followed_;                        // by value
  std::vector<std::vector<std::size_t>> parameters_;  // the sizes of each
  std::vector<Cost> costs_;
};

}  // namespace amalgam
