// What a rule of width inference may ask and state, and the table of rules.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "variants/inference.h"

namespace amalgam {

class RuleContext {
 public:
  RuleContext(const Program& program, SymbolTable& symbols, ProgramSizes& sizes)
      : program_(program), symbols_(symbols), sizes_(sizes) {}

  SymbolTable& symbols() { return symbols_; }
  // Sizes of a tensor argument; null when it is absent or no tensor.
  const Sizes* of(const Node& node, std::string_view argument) const;
  const Sizes* of(const Argument& argument) const;
  // A whole-number argument; `fallback` when absent, nothing when it is symbolic.
  std::optional<std::int64_t> number(const Node& node, std::string_view argument,
                                     std::int64_t fallback) const;
  // A dimension argument, counted from the front.
  std::optional<std::size_t> dim(const Node& node, std::string_view argument, std::int64_t fallback,
                                 std::size_t rank) const;
  // A dimension that may be counted from the back; nothing where the rank has none such.
  static std::optional<std::size_t> from_front(std::int64_t dim, std::size_t rank);
  // Two sizes are equal. False when they are not, in the model as it is.
  bool tie(const Size& a, const Size& b) { return symbols_.unify(a, b); }
  bool tie_all(const Sizes& a, const Sizes& b);
  void freeze(const Sizes& sizes);

  // Sizes of an output; `output` counts the node's outputs, or the elements of its only list.
  void set(const Node& node, std::size_t output, Sizes sizes);
  // The shape that the export recorded: numbers, and sizes that are not the model's to choose.
  Sizes recorded(ValueId value);
  Sizes recorded_output(const Node& node, std::size_t output = 0);
  const std::vector<ValueId>& outputs(const Node& node);

  // From now on this number of the node must be `size`. A symbolic number can't follow a width, so
  // the size is frozen then.
  void patch(const Node& node, std::string_view argument, std::optional<std::size_t> element,
             const Size& size);

  std::size_t node_index = 0;  // of the node at work

 private:
  friend class ProgramInference;
  const Program& program_;
  SymbolTable& symbols_;
  ProgramSizes& sizes_;
  std::map<std::string, Size> batch_like_;  // by the export's name of the symbol
  const Node* outputs_of_ = nullptr;
  std::vector<ValueId> outputs_;
};

// Ties a node's sizes and sets those of its outputs; false where it can't, and the node is then
// treated as unknown.
using WidthRule = bool (*)(const Node& node, RuleContext& context);

using WidthRules = std::map<std::string_view, WidthRule>;
void add_layer_rules(WidthRules& rules);
void add_elementwise_rules(WidthRules& rules);
void add_shape_rules(WidthRules& rules);
const WidthRules& width_rules();

}  // namespace amalgam
