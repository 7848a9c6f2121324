#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/arguments.h"
#include "graph/operations/table.h"
#include "graph/tokens.h"
#include "graph/values.h"

namespace amalgam {
namespace {

// The nodes of the outer graph that made each value; null where none did.
std::vector<const Node*> producers(const Program& program) {
  std::vector<const Node*> makers(program.values.size());
  for (const Node& node : program.graph.nodes)
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids) makers[id] = &node;
  return makers;
}

// The linear layer that the result comes from, unchanged but for its dtype; null where there is
// none.
const Node* output_layer(const Program& program) {
  const std::vector<const Node*> makers = producers(program);
  const Node* node = makers[program.result_value()];
  while (node && has(*node, Trait::kColumnwise)) {
    const auto input = value_argument(*node, "self");
    node = input ? makers[*input] : nullptr;
  }
  return node && has(*node, Trait::kProjects) ? node : nullptr;
}

class Finder {
 public:
  Finder(const Model& model, const VocabularyUse& use) : model_(model), use_(use) {}

  Vocabulary run() {
    for (const Program& program : model_.programs) visit(program);
    for (const std::size_t tensor : found_.tensors) check_tensor(tensor);
    if (found_.tensors.empty()) refuse("no embedding takes its tokens");
    found_.exact = found_.exact && !use_.over_output;
    if (!found_.why_not.empty()) return {0, {}, true, found_.why_not};
    return found_;
  }

 private:
  void refuse(std::string why) {
    if (found_.why_not.empty()) found_.why_not = std::move(why);
  }

  void add(std::size_t tensor) {
    const Shape& shape = model_.tensors[tensor].tensor.shape;
    if (shape.empty()) return refuse("a tensor without rows takes its tokens");
    if (found_.size == 0) found_.size = shape.front();
    if (shape.front() != found_.size)
      refuse(
          fmt::format("tensors of {} and of {} rows take its tokens", found_.size, shape.front()));
    if (added_.insert(tensor).second) found_.tensors.push_back(tensor);
  }

  void visit(const Program& program) {
    const auto uses = find_token_uses(model_, program);
    for (const std::size_t input : use_.inputs) {
      const auto& tokens = uses[input];
      if (!tokens) return refuse("no embedding takes its tokens");
      if (!tokens->nothing_else) refuse("its tokens meet more than embeddings");
      for (const std::size_t tensor : tokens->embeddings) add(tensor);
      allowed_.insert(tokens->nodes.begin(), tokens->nodes.end());
    }
    const Node* layer = use_.over_output ? output_layer(program) : nullptr;
    if (use_.over_output && !layer) refuse("its output over the vocabulary is no linear layer");
    if (layer) add_layer(program, *layer);
    allowed_.insert(layer);
    visit_readers(program, program.graph);
  }

  void add_layer(const Program& program, const Node& layer) {
    for (const char* argument : {"weight", "bias"}) {
      const auto id = value_argument(layer, argument);
      const auto tensor = id ? program.tensor_of_value[*id] : std::nullopt;
      if (tensor)
        add(*tensor);
      else if (id)
        refuse("its output layer's weights are computed");
    }
  }

  // Which tensors are read by anything but the look-up of tokens and the output layer.
  void visit_readers(const Program& program, const Graph& graph) {
    for (const Node& node : graph.nodes) {
      if (node.body) visit_readers(program, *node.body);
      if (is_true(node, "sparse")) found_.exact = false;
      if (allowed_.count(&node)) continue;
      for_each_argument(node, [&](ValueId id) {
        if (const auto tensor = program.tensor_of_value[id]) others_.insert(*tensor);
      });
    }
  }

  void check_tensor(std::size_t tensor) {
    if (others_.count(tensor)) refuse("its embedding is used for something else, too");
    if (model_.tensors[tensor].kind != ModelTensor::Kind::kParameter)
      refuse("its embedding is no parameter");
    if (!model_.tensors[tensor].order.empty()) refuse("its embedding is transposed in memory");
  }

  const Model& model_;
  const VocabularyUse& use_;
  Vocabulary found_;
  std::set<const Node*> allowed_;
  std::set<std::size_t> added_;   // found_.tensors
  std::set<std::size_t> others_;  // tensors that other nodes read
};

void renumber(Graph& graph, const Program& program, const std::set<std::size_t>& tensors,
              const std::vector<std::uint32_t>& numbers) {
  for (Node& node : graph.nodes) {
    if (node.body) {
      auto body = std::make_shared<Graph>(*node.body);
      renumber(*body, program, tensors, numbers);
      node.body = body;
    }
    if (!has(node, Trait::kLooksUp)) continue;
    const auto weight = value_argument(node, "weight");
    const auto tensor = weight ? program.tensor_of_value[*weight] : std::nullopt;
    if (!tensor || tensors.count(*tensor) == 0) continue;
    for (NamedArgument& named : node.arguments) {
      const auto* padding = named.argument.get<std::int64_t>();
      if (named.name == "padding_idx" && padding && *padding >= 0)
        named.argument.value =
            static_cast<std::int64_t>(numbers[static_cast<std::size_t>(*padding)]);
    }
  }
}

}  // namespace

Vocabulary find_vocabulary(const Model& model, const VocabularyUse& use) {
  return Finder(model, use).run();
}

void renumber_padding(Model& model, const std::vector<std::size_t>& tensors,
                      const std::vector<std::uint32_t>& numbers) {
  for (Program& program : model.programs)
    renumber(program.graph, program, {tensors.begin(), tensors.end()}, numbers);
}

}  // namespace amalgam
