#include "graph/tokens.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "graph/values.h"

namespace amalgam {
namespace {

// Hand the numbers on, in another shape or integer type.
const std::set<std::string_view> kCarry = {
    "to",      "_to_copy", "view",    "reshape", "contiguous", "unsqueeze",
    "squeeze", "flatten",  "permute", "clone",   "transpose",  "alias",
    "slice",   "select",   "expand",  "detach",  "unflatten"};
// Look at the shape alone.
const std::set<std::string_view> kShapeOnly = {
    "sym_size",  "sym_numel", "zeros_like", "ones_like", "full_like",
    "new_zeros", "new_ones",  "new_full",   "new_empty", "_assert_tensor_metadata"};

class Walk {
 public:
  Walk(const Model& model, const Program& program, ValueId input)
      : model_(model), program_(program), numbers_{input} {}

  std::optional<TokenUse> run() {
    visit(program_.graph);
    for (const auto& output : program_.graph.outputs)
      if (output && numbers_.count(*output)) use_.nothing_else = false;
    if (use_.embeddings.empty()) return std::nullopt;
    return use_;
  }

 private:
  void visit(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      if (node.body) visit(*node.body);
      bool reads = false;
      for_each_argument(node, [&](ValueId id) { reads = reads || numbers_.count(id) > 0; });
      if (reads) visit_reader(node);
    }
  }

  void visit_reader(const Node& node) {
    if (kShapeOnly.count(node.op) || node.body) return;
    if (kCarry.count(node.op)) {
      for (const Output& output : node.outputs)
        numbers_.insert(output.ids.begin(), output.ids.end());
    } else if (node.op == "embedding" && add_embedding(node)) {
      return;
    } else {
      use_.nothing_else = false;
    }
  }

  bool add_embedding(const Node& node) {
    const Argument* weight = node.find("weight");
    const auto* ref = weight ? weight->get<ValueRef>() : nullptr;
    const auto tensor = ref ? program_.tensor_of_value[ref->id] : std::nullopt;
    if (!tensor) return false;
    use_.nodes.insert(&node);
    const std::uint64_t rows = model_.tensors[*tensor].tensor.shape.front();
    use_.vocabulary = use_.embeddings.empty() ? rows : std::min(use_.vocabulary, rows);
    if (std::find(use_.embeddings.begin(), use_.embeddings.end(), *tensor) == use_.embeddings.end())
      use_.embeddings.push_back(*tensor);
    return true;
  }

  const Model& model_;
  const Program& program_;
  std::set<ValueId> numbers_;
  TokenUse use_;
};

}  // namespace

std::optional<TokenUse> find_token_use(const Model& model, const Program& program,
                                       std::size_t input) {
  return Walk(model, program, program.inputs[input].value).run();
}

}  // namespace amalgam
