// What a rule of width inference may ask and state: sizes of a node's tensors, and that two of them
// are one. The layer `variants` answers.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "amalgam/graph.h"
#include "graph/operations/size.h"

namespace amalgam {

// Of a tensor's dimensions.
using Sizes = std::vector<Size>;

class WidthContext {
 public:
  virtual ~WidthContext() = default;

  // What there is. Sizes of a tensor; null for what is no tensor. The pointer holds until the next
  // set().
  virtual const Sizes* of(const Argument& argument) const = 0;
  // What a size is in the model as it stands.
  virtual std::uint64_t value(const Size& size) const = 0;
  // The shape that the export recorded for an output: numbers, and sizes that are not the model's
  // to choose. `output` counts the node's outputs, or the elements of its only list.
  virtual Sizes recorded(const Node& node, std::size_t output = 0) = 0;
  // In terms of what nothing more is known of.
  virtual Size resolved(const Size& size) = 0;
  // Whether it depends on what is not the model's to choose, as the batch is.
  virtual bool is_given(const Size& size) = 0;

  // What holds. Two sizes are equal; false when they are not, in the model as it stands.
  virtual bool tie(const Size& a, const Size& b) = 0;
  // A size stays as it is.
  virtual void freeze(const Size& size) = 0;
  // A size is the dimension of a head of attention. People keep it, and have more heads or fewer.
  virtual void head(const Size& size) = 0;
  // A size that may become another, `value` in the model as it stands.
  virtual Size fresh(std::uint64_t value) = 0;
  // The size as `factor` times something, which is returned; nothing where it can't be.
  virtual std::optional<Size> factored(const Size& size, std::uint64_t factor) = 0;
  // sum += size, product *= size, within the bounds of what is followed.
  virtual void add(Size& sum, const Size& size) = 0;
  virtual void multiply(Size& product, const Size& size) = 0;
  // Sizes seen in another shape, as the export recorded it; nothing where the two do not fit.
  virtual std::optional<Sizes> reshaped(const Sizes& sizes, const Sizes& recorded) = 0;

  // What follows. Sizes of an output.
  virtual void set(const Node& node, std::size_t output, Sizes sizes) = 0;
  // From now on this number among the node's arguments (or in a list of them) must be `size`. A
  // symbolic number can't follow a width, so the size is frozen then.
  virtual void patch(const Node& node, std::string_view argument,
                     std::optional<std::size_t> element, const Size& size) = 0;

  // The same in other words.
  const Sizes* of(const Node& node, std::string_view argument) const;
  const Sizes* first(const Node& node) const;  // of the first argument
  bool tie_all(const Sizes& a, const Sizes& b);
  void freeze_all(const Sizes& sizes);
  // Numbers of a list that stand for these sizes must follow them, but for those that are given.
  void patch_list(const Node& node, std::string_view argument, const Sizes& sizes);
};

// The values that a node gives, one after another.
std::vector<ValueId> results(const Node& node);

// Rules that several families share.
// The first tensor's sizes are every output's.
bool keeps_sizes(const Node& node, WidthContext& c);
// PyTorch's broadcasting: sizes are compared from the back, and a 1 becomes the other's size.
bool broadcasts(const Node& node, WidthContext& c);
// A number of a tensor's form: what it is used for decides.
bool gives_number(const Node& node, WidthContext& c);

// What such rules are made of: the bias or a norm's vectors, where they are given, all have one
// size.
bool tie_vectors(const Node& node, WidthContext& c, const Size& size,
                 std::initializer_list<std::string_view> names);

}  // namespace amalgam
