#include "graph/operations/width_context.h"

namespace amalgam {

const Sizes* WidthContext::of(const Node& node, std::string_view argument) const {
  const Argument* found = node.find(argument);
  return found ? of(*found) : nullptr;
}

const Sizes* WidthContext::first(const Node& node) const {
  return node.arguments.empty() ? nullptr : of(node.arguments[0].argument);
}

bool WidthContext::tie_all(const Sizes& a, const Sizes& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!tie(a[i], b[i])) return false;
  return true;
}

void WidthContext::freeze_all(const Sizes& sizes) {
  for (const Size& size : sizes) freeze(size);
}

void WidthContext::patch_list(const Node& node, std::string_view argument, const Sizes& sizes) {
  const Argument* found = node.find(argument);
  const auto* list = found ? found->get<ArgumentList>() : nullptr;
  for (std::size_t d = 0; list && d < list->size() && d < sizes.size(); ++d)
    if (!sizes[d].as_constant() && !is_given(sizes[d])) patch(node, argument, d, sizes[d]);
}

std::vector<ValueId> results(const Node& node) {
  std::vector<ValueId> ids;
  for (const Output& output : node.outputs)
    ids.insert(ids.end(), output.ids.begin(), output.ids.end());
  return ids;
}

bool keeps_sizes(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const Sizes sizes = *input;
  for (std::size_t output = 0; output < results(node).size(); ++output) c.set(node, output, sizes);
  return true;
}

bool broadcasts(const Node& node, WidthContext& c) {
  const auto is_one = [](const Size& size) { return size.as_constant() == 1; };
  Sizes out;
  for (const NamedArgument& named : node.arguments) {
    const Sizes* sizes = c.of(named.argument);
    if (!sizes) continue;
    if (sizes->size() > out.size())
      out.insert(out.begin(), sizes->size() - out.size(), Size::constant(1));
    for (std::size_t d = 0; d < sizes->size(); ++d) {
      Size& at = out[out.size() - 1 - d];
      const Size& own = (*sizes)[sizes->size() - 1 - d];
      if (is_one(at))
        at = own;
      else if (!is_one(own) && !c.tie(at, own))
        return false;
    }
  }
  c.set(node, 0, std::move(out));
  return true;
}

bool gives_number(const Node&, WidthContext&) { return true; }

bool tie_vectors(const Node& node, WidthContext& c, const Size& size,
                 std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (const Sizes* vector = c.of(node, name);
        vector && (vector->size() != 1 || !c.tie((*vector)[0], size)))
      return false;
  return true;
}

}  // namespace amalgam
