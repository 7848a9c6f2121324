#include "graph/tokens.h"

#include <algorithm>

#include "graph/arguments.h"
#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {
namespace {

// One walk for all inputs: a value carries the numbers of one input at most, that of what stands
// first among the arguments of the operation that made it.
class Walk {
 public:
  Walk(const Model& model, const Program& program)
      : model_(model),
        program_(program),
        owner_(program.values.size(), kNobody),
        part_(program.values.size()) {
    uses_.resize(program.inputs.size());
    for (std::size_t i = 0; i < program.inputs.size(); ++i) owner_[program.inputs[i].value] = i;
  }

  std::vector<std::optional<TokenUse>> run() {
    visit(program_.graph);
    for (const auto& output : program_.graph.outputs)
      if (output) meets_more(*output);
    std::vector<std::optional<TokenUse>> found;
    for (TokenUse& use : uses_)
      found.push_back(use.embeddings.empty() ? std::nullopt : std::optional(std::move(use)));
    return found;
  }

 private:
  static constexpr std::size_t kNobody = SIZE_MAX;

  void visit(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      if (node.body)
        visit(*node.body);
      else if (!has(node, Trait::kFormAlone))
        visit(node);
    }
  }

  void visit(const Node& node) {
    const bool carries = has(node, Trait::kCarries);
    const ValueRef* first =
        node.arguments.empty() ? nullptr : node.arguments.front().argument.get<ValueRef>();
    const std::size_t carried = carries && first ? owner_[first->id] : kNobody;
    const std::optional<ValueId> looked_up = add_embedding(node);
    for_each_argument(node, [&](ValueId id) {
      if (id != looked_up && owner_[id] != carried) meets_more(id);
    });
    if (carried == kNobody) return;
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids) {
        owner_[id] = carried;
        part_[id] = part_[first->id] || has(node, Trait::kTakesPart);
      }
  }

  void meets_more(ValueId id) {
    if (owner_[id] != kNobody) uses_[owner_[id]].nothing_else = false;
  }

  // The value whose numbers the node looks up in a tensor of the model's.
  std::optional<ValueId> add_embedding(const Node& node) {
    if (!has(node, Trait::kLooksUp)) return std::nullopt;
    const auto weight = value_argument(node, "weight"), numbers = value_argument(node, "indices");
    const auto tensor = weight ? program_.tensor_of_value[*weight] : std::nullopt;
    if (!tensor || !numbers || owner_[*numbers] == kNobody) return std::nullopt;
    TokenUse& use = uses_[owner_[*numbers]];
    use.nodes.insert(&node);
    const Shape& shape = model_.tensors[*tensor].tensor.shape;
    const std::uint64_t rows = shape.empty() ? 0 : shape.front();
    const bool other = !use.embeddings.empty() && use.vocabulary != rows;
    if (other && part_[*numbers]) use.one_vocabulary = false;
    use.vocabulary = use.embeddings.empty() ? rows
                     : use.one_vocabulary   ? std::min(use.vocabulary, rows)
                                            : std::max(use.vocabulary, rows);
    if (added_.emplace(owner_[*numbers], *tensor).second) use.embeddings.push_back(*tensor);
    return numbers;
  }

  const Model& model_;
  const Program& program_;
  std::vector<std::size_t> owner_;  // by value: the input whose numbers it holds
  std::vector<bool> part_;          // by value: whether it holds but some of them
  std::vector<TokenUse> uses_;      // by input
  std::set<std::pair<std::size_t, std::size_t>> added_;  // input, tensor
};

}  // namespace

std::vector<std::optional<TokenUse>> find_token_uses(const Model& model, const Program& program) {
  return Walk(model, program).run();
}

}  // namespace amalgam
