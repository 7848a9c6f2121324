#include "variants/width_work.h"

#include "graph/operations/table.h"
#include "variants/reshape.h"

namespace amalgam {

const Sizes* WidthWork::of(const Argument& argument) const {
  const ValueRef* ref = argument.get<ValueRef>();
  if (!ref || !sizes_.values[ref->id]) return nullptr;
  return &*sizes_.values[ref->id];
}

Sizes WidthWork::recorded(const Node& node, std::size_t output) {
  return recorded(results(node).at(output));
}

Sizes WidthWork::recorded(ValueId value) {
  Sizes sizes;
  for (const Dim& dim : program_.values[value].shape) {
    if (!dim.symbolic) {
      sizes.push_back(Size::constant(dim.size));
    } else if (dim.symbol.empty()) {
      sizes.push_back(symbols_.opaque(dim.size));
    } else {
      const auto found = given_.find(dim.symbol);
      sizes.push_back(found != given_.end()
                          ? found->second
                          : given_.emplace(dim.symbol, symbols_.opaque(dim.size)).first->second);
    }
  }
  return sizes;
}

std::optional<Sizes> WidthWork::reshaped(const Sizes& sizes, const Sizes& recorded) {
  return amalgam::reshaped(sizes, recorded, symbols_, heads_);
}

void WidthWork::set(const Node& node, std::size_t output, Sizes sizes) {
  sizes_.values[results(node).at(output)] = std::move(sizes);
}

void WidthWork::patch(const Node& node, std::string_view argument,
                      std::optional<std::size_t> element, const Size& size) {
  for (std::size_t a = 0; a < node.arguments.size(); ++a) {
    if (node.arguments[a].name != argument) continue;
    const Argument* at = &node.arguments[a].argument;
    if (element) at = &(*at->get<ArgumentList>())[*element];
    const auto* literal = at->get<std::int64_t>();
    if (!literal) return symbols_.freeze(size);
    if (*literal >= 0) sizes_.patches.push_back({node_index_, a, element, size});
    return;
  }
}

bool WidthWork::apply(const Node& node, std::size_t index) {
  if (node.kind == NodeKind::kPython) return true;  // numbers: what they are used for decides
  const Operation* row = find_operation(node);
  if (!row || !row->widths || results(node).empty()) return false;
  node_index_ = index;
  return row->widths(node, *this);
}

}  // namespace amalgam
