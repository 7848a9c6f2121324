// A row of the table of operations: everything that the library knows of one operation, as one
// sentence.
//
//   operation("conv2d.default").prints(function("F.conv2d")).named("conv").costs(convolution_cost)
//       .ties(convolution).in_images(Images::kKernel).channels_at(1).is(kConvolution)
//
// What a row does not say, nobody knows of the operation: it passes through as
// torch.ops.aten.<name>(...), is left out of costs, and keeps all sizes that it touches.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "amalgam/graph.h"
#include "graph/operations/width_context.h"
#include "graph/python_text.h"

namespace amalgam {

// What a printing rule may ask while it writes a node.
class EmitContext {
 public:
  virtual ~EmitContext() = default;
  virtual PyExpr expression(const Argument& argument) const = 0;
  // An argument that turns off in eval mode: "self.training" where the export says true.
  virtual PyExpr switched(const NamedArgument& argument) const = 0;
};

// The right-hand side for a node; nothing where the rule does not cover these arguments (they then
// pass through).
using EmitRule = std::optional<PyExpr> (*)(const Node& node, const EmitContext& context,
                                           std::string_view callee);
std::optional<PyExpr> pass_through(const Node& node, const EmitContext& context,
                                   std::string_view callee);

struct Printing {
  EmitRule rule = pass_through;
  std::string_view callee;  // "F.conv2d", or a method's or operator's name
};

// Multiply-adds times two of one forward pass, at the sizes of the export's example.
using CostRule = double (*)(const Node& node, const Program& program);

// Ties a node's sizes and sets those of its outputs; false where it can't, and the node is then
// treated as unknown.
using WidthRule = bool (*)(const Node& node, WidthContext& context);

// Yes-or-no properties. A node's first tensor is the tensor that its first argument is.
enum class Trait : std::uint32_t {
  // Memory.
  kView,      // looks at the first tensor's memory, whatever the other arguments say
  kMayAlias,  // may hand that very memory on, for some arguments
  // What becomes of the values of the first tensor.
  kCarries,     // handed on, in another shape or integer type
  kTakesPart,   // some of them alone
  kColumnwise,  // handed on, each at its place
  kAdds,        // the second argument is added to it
  kScales,      // times or by `other`, or `scale`, which a person may have computed from a width
  kDetaches,    // no gradient goes back to it
  kFormAlone,   // none of its values is read, nor any other tensor's: their form is
  kFirstAlone,  // of the second tensor, only the form is read
  kCasts,       // brought to a dtype that the export wrote down
  // Layers.
  kConvolution,
  kNorm,
  kPools,            // windows over the first tensor, or all of it, to one value each
  kProjects,         // a row of `weight`, and of `bias`, for each column of the output
  kLooksUp,          // rows of `weight`, by the numbers in `indices`
  kSwitchedOff,      // a batch norm as eval mode has it, whatever its arguments say
  kGivesStatistics,  // a batch norm whose new running statistics are outputs, from the fourth on
  // What the reader does with it.
  kPython,     // a function of Python on numbers
  kNumber,     // gives a number of a tensor's form, and is nothing without a user
  kAssertion,  // a check of the export itself, dropped: it would refuse autocast
  // Costs.
  kUncounted,  // has a cost, which no rule knows
};

class Traits {
 public:
  constexpr Traits() = default;
  // NOLINTNEXTLINE(misc-explicit-constructor): a trait is a set of one.
  constexpr Traits(Trait trait) : bits_(std::uint32_t{1} << static_cast<unsigned>(trait)) {}
  constexpr Traits operator|(Traits other) const {
    Traits both;
    both.bits_ = bits_ | other.bits_;
    return both;
  }
  constexpr bool has(Trait trait) const { return (bits_ & Traits(trait).bits_) != 0; }

 private:
  std::uint32_t bits_ = 0;
};
constexpr Traits operator|(Trait a, Trait b) { return Traits(a) | b; }

// What a layer that acts in training alone is turned off by.
enum class Switch {
  kNone,
  kBatchNorm,     // `training`, where it has running statistics
  kInstanceNorm,  // `use_input_stats`, likewise
  kDropout,       // `train`, where `p` is above 0
  kRecurrent,     // `train`, where `dropout` is above 0 and a layer follows
};

// What becomes of [N, C, height, width] when height and width are others.
enum class Images {
  kUnknown,
  kPixels,   // every pixel for itself, or statistics over all
  kKernel,   // windows of a kernel's size: `weight`
  kWindow,   // windows of `kernel_size`
  kFixed,    // the same size, whatever goes in
  kReduced,  // without the dimensions of `dim`
  kJoined,   // next to one another, in the channels
};

class Operation {
 private:
  // Clang wants to have seen this first.
  template <typename T>
  constexpr Operation with(T Operation::*fact, T value) const {
    Operation row = *this;
    row.*fact = value;
    return row;
  }

 public:
  std::string_view name;  // "conv2d.default"; of numbers' operators "_operator.add"
  Printing printing;
  std::string_view family;     // in parameters' names: "conv"; empty: the operation's own name
  CostRule cost = nullptr;     // nullptr: not counted, as in torch.utils.flop_counter
  WidthRule widths = nullptr;  // nullptr: all sizes that it touches stay as they are
  // Which dimension of the output holds channels, counted from the back where negative: there a
  // link may attach. 0: none may.
  int channels = 0;
  Images images = Images::kUnknown;
  Switch mode = Switch::kNone;
  double extra_time = 0;  // nanoseconds for a value in a training step, above a plain one's
  Traits traits;

  constexpr bool has(Trait trait) const { return traits.has(trait); }

  // The words of the sentence; each gives the row with one more fact.
  constexpr Operation prints(Printing how) const { return with(&Operation::printing, how); }
  constexpr Operation named(std::string_view as) const { return with(&Operation::family, as); }
  constexpr Operation costs(CostRule rule) const { return with(&Operation::cost, rule); }
  constexpr Operation ties(WidthRule rule) const { return with(&Operation::widths, rule); }
  constexpr Operation channels_at(int dim) const { return with(&Operation::channels, dim); }
  constexpr Operation in_images(Images what) const { return with(&Operation::images, what); }
  constexpr Operation off_by(Switch what) const { return with(&Operation::mode, what); }
  constexpr Operation takes_longer(double by) const { return with(&Operation::extra_time, by); }
  constexpr Operation is(Traits more) const { return with(&Operation::traits, traits | more); }
};

constexpr Operation operation(std::string_view name) {
  Operation row;
  row.name = name;
  return row;
}

}  // namespace amalgam
