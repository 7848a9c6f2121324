// What width inference finds in a model that is written by hand.
#pragma once

#include "hand_made.h"
#include "seeds.h"
#include "variants/inference.h"

namespace amalgam {

// What the inference makes of a model: each parameter's sizes, in terms of what may vary.
struct Inferred {
  explicit Inferred(HandMade& made) : m(made), widths(infer_widths(made.model)) {}

  const Size& size(ValueId parameter, std::size_t dim) {
    return widths.tensors[m.tensor_of(parameter)][dim];
  }
  const Size& of_value(ValueId id, std::size_t dim) { return (*widths.train().values[id])[dim]; }
  bool is_fixed(ValueId parameter, std::size_t dim) {
    return size(parameter, dim).as_constant().has_value();
  }
  bool all_known() const { return widths.train().unknown.empty(); }
  // The numbers among arguments that follow a size.
  std::vector<std::string> patched() const {
    std::vector<std::string> names;
    for (const SizePatch& patch : widths.train().patches)
      names.push_back(m.model.train().graph.nodes[patch.node].arguments[patch.argument].name);
    return names;
  }

  HandMade& m;
  WidthInference widths;
};

// A model of vectors [N, 6] whose hidden width is 12.
struct VectorModel : HandMade {
  ValueId x = input({kBatch, 6});
  ValueId first = parameter({12, 6}), bias = parameter({12});
  ValueId h =
      call("linear.default", {in("input", x), in("weight", first), in("bias", bias)}, {kBatch, 12});

  // Ends in ten outputs.
  void finish(ValueId from, std::int64_t width) { output(linear(from, width, 10)); }
  ValueId last() { return model.tensors.size() - 2; }
  // The input size of the last layer.
  const Size& into(Inferred& found) { return found.widths.tensors[model.tensors.size() - 2][1]; }
};

// Images [N, 3, 8, 8] and a first convolution of 12 channels.
struct ImageModel : HandMade {
  ValueId x = input({kBatch, 3, 8, 8});
  ValueId first = static_cast<ValueId>(program().values.size());  // its weight comes next
  ValueId h = conv(x, 3, 12, 3, 1, 8);

  void finish(ValueId from, std::int64_t channels) {
    const ValueId mean =
        call("mean.dim", {in("self", from), numbers("dim", {2, 3})}, {kBatch, channels});
    output(linear(mean, channels, 10));
  }
};

}  // namespace amalgam
