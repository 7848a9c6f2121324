// Prints what width inference finds in a model: its free sizes, the sizes of its tensors in terms
// of them, and the operations that it does not know. For the tests in Python.
#include <fmt/format.h>

#include <iostream>

#include "amalgam/model.h"
#include "base/json.h"
#include "variants/inference.h"

namespace {

using amalgam::Json;

std::string text_of(const amalgam::Size& size) {
  std::string text;
  for (const auto& [monomial, coefficient] : size.terms()) {
    text += fmt::format("{}{}", text.empty() ? "" : "+", coefficient);
    for (amalgam::SymbolId id : monomial) text += fmt::format("*s{}", id);
  }
  return text;
}

void list_names(const amalgam::Graph& graph, std::vector<std::string>& names) {
  for (const amalgam::Node& node : graph.nodes) {
    names.push_back(node.name());
    if (node.body) list_names(*node.body, names);
  }
}

}  // namespace

int main(int, char** argv) try {
  const amalgam::Model model = amalgam::read_model({argv[1]});
  const amalgam::WidthInference widths = amalgam::infer_widths(model);
  Json free = Json::object(), tensors = Json::object(), unknown = Json::array();
  for (amalgam::SymbolId id : widths.free) free[fmt::format("s{}", id)] = widths.symbols.value(id);
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    Json sizes = Json::array();
    for (const auto& size : widths.tensors[t]) sizes.push_back(text_of(size));
    tensors[model.tensors[t].own_name] = sizes;
  }
  std::vector<std::string> names;
  list_names(model.train().graph, names);
  for (std::size_t node : widths.train().unknown) unknown.push_back(names[node]);
  std::cout << Json{{"free", free}, {"tensors", tensors}, {"unknown", unknown}}.dump(1) << "\n";
  return 0;
} catch (const amalgam::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
