#include "variants/rules.h"

namespace amalgam {

const Sizes* RuleContext::of(const Argument& argument) const {
  const ValueRef* ref = argument.get<ValueRef>();
  if (!ref || !sizes_.values[ref->id]) return nullptr;
  return &*sizes_.values[ref->id];
}

const Sizes* RuleContext::of(const Node& node, std::string_view argument) const {
  const Argument* found = node.find(argument);
  return found ? of(*found) : nullptr;
}

std::optional<std::int64_t> RuleContext::number(const Node& node, std::string_view argument,
                                                std::int64_t fallback) const {
  const Argument* found = node.find(argument);
  if (!found || found->get<None>()) return fallback;
  const auto* number = found->get<std::int64_t>();
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<std::size_t> RuleContext::dim(const Node& node, std::string_view argument,
                                            std::int64_t fallback, std::size_t rank) const {
  const auto found = number(node, argument, fallback);
  if (!found) return std::nullopt;
  return from_front(*found, rank);
}

std::optional<std::size_t> RuleContext::from_front(std::int64_t dim, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (dim < -count || dim >= count) return std::nullopt;
  return static_cast<std::size_t>(dim < 0 ? dim + count : dim);
}

bool RuleContext::tie_all(const Sizes& a, const Sizes& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!tie(a[i], b[i])) return false;
  return true;
}

void RuleContext::freeze(const Sizes& sizes) {
  for (const Size& size : sizes) symbols_.freeze(size);
}

const std::vector<ValueId>& RuleContext::outputs(const Node& node) {
  if (outputs_of_ == &node) return outputs_;
  outputs_of_ = &node;
  outputs_.clear();
  for (const Output& output : node.outputs)
    outputs_.insert(outputs_.end(), output.ids.begin(), output.ids.end());
  return outputs_;
}

void RuleContext::set(const Node& node, std::size_t output, Sizes sizes) {
  sizes_.values[outputs(node).at(output)] = std::move(sizes);
}

Sizes RuleContext::recorded(ValueId value) {
  Sizes sizes;
  for (const Dim& dim : program_.values[value].shape) {
    if (!dim.symbolic) {
      sizes.push_back(Size::constant(dim.size));
    } else if (dim.symbol.empty()) {
      sizes.push_back(symbols_.opaque(dim.size));
    } else {
      const auto found = batch_like_.find(dim.symbol);
      sizes.push_back(
          found != batch_like_.end()
              ? found->second
              : batch_like_.emplace(dim.symbol, symbols_.opaque(dim.size)).first->second);
    }
  }
  return sizes;
}

Sizes RuleContext::recorded_output(const Node& node, std::size_t output) {
  return recorded(outputs(node).at(output));
}

void RuleContext::patch(const Node& node, std::string_view argument,
                        std::optional<std::size_t> element, const Size& size) {
  for (std::size_t a = 0; a < node.arguments.size(); ++a) {
    if (node.arguments[a].name != argument) continue;
    const Argument* at = &node.arguments[a].argument;
    if (element) at = &(*at->get<ArgumentList>())[*element];
    const auto* literal = at->get<std::int64_t>();
    if (!literal) return symbols_.freeze(size);
    if (*literal >= 0) sizes_.patches.push_back({node_index, a, element, size});
    return;
  }
}

const WidthRules& width_rules() {
  static const WidthRules rules = [] {
    WidthRules all;
    add_layer_rules(all);
    add_elementwise_rules(all);
    add_shape_rules(all);
    return all;
  }();
  return rules;
}

}  // namespace amalgam
