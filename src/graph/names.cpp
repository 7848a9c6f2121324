#include "graph/names.h"

#include <map>

#include "graph/operations/table.h"

namespace amalgam {
namespace {

std::string family_of(const Node& node) {
  const Operation* operation = find_operation(node);
  if (operation && !operation->family.empty()) return std::string(operation->family);
  std::string family = node.op;
  while (family.ends_with('_')) family.pop_back();
  while (family.starts_with('_')) family.erase(0, 1);
  return family.empty() ? "op" : family;
}

bool is_role(const std::string& name) {
  return name == "weight" || name == "bias" || name == "running_mean" || name == "running_var";
}

class Namer {
 public:
  explicit Namer(const Model& model) : model_(model), names_(model.tensors.size()) {}

  std::vector<std::string> run() {
    for (const Program* program : model_.all_programs()) visit(program->graph, *program);
    static constexpr const char* kKinds[] = {"parameter", "buffer", "constant"};
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i].empty()) names_[i] = number(kKinds[static_cast<int>(model_.tensors[i].kind)]);
    return std::move(names_);
  }

 private:
  std::string number(const std::string& family) {
    return family + std::to_string(counters_[family]++);
  }

  void visit(const Graph& graph, const Program& program) {
    for (const Node& node : graph.nodes) {
      visit(node, program);
      if (node.body) visit(*node.body, program);
    }
  }

  void visit(const Node& node, const Program& program) {
    std::string prefix;  // drawn only when the node has a tensor without a name
    std::size_t plain = 0;
    auto name = [&](const Argument& argument, const std::string& role) {
      const ValueRef* ref = argument.get<ValueRef>();
      const auto tensor = ref ? program.tensor_of_value[ref->id] : std::nullopt;
      if (!tensor || !names_[*tensor].empty()) return;
      if (role.empty() && model_.tensors[*tensor].kind != ModelTensor::Kind::kParameter) return;
      if (prefix.empty()) prefix = number(family_of(node));
      names_[*tensor] = prefix + "_" + (role.empty() ? "weight" + std::to_string(plain++) : role);
    };
    for (const NamedArgument& named : node.arguments) {
      name(named.argument, is_role(named.name) ? named.name : "");
      if (const auto* list = named.argument.get<ArgumentList>())
        for (const Argument& item : *list) name(item, "");
    }
  }

  const Model& model_;
  std::vector<std::string> names_;
  std::map<std::string, std::size_t> counters_;
};

void mark_norms(const Graph& graph, const Program& program, std::vector<bool>& out) {
  for (const Node& node : graph.nodes) {
    if (node.body) mark_norms(*node.body, program, out);
    if (!has(node, Trait::kNorm)) continue;
    for (const char* role : {"weight", "bias"})
      if (const Argument* argument = node.find(role))
        if (const ValueRef* ref = argument->get<ValueRef>())
          if (const auto tensor = program.tensor_of_value[ref->id]) out[*tensor] = true;
  }
}

}  // namespace

std::vector<std::string> neutral_names(const Model& model) { return Namer(model).run(); }

std::vector<bool> norm_parameters(const Model& model) {
  std::vector<bool> out(model.tensors.size());
  mark_norms(model.train().graph, model.train(), out);
  return out;
}

}  // namespace amalgam
