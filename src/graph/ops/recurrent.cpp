#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

// Four gates, each a product with the input and one with the hidden state, at every place.
double lstm_cost(const Node& node, const Program& program) {
  const Argument* input = node.find("input");
  const Argument* weights = node.find("params");
  const auto* ref = input ? input->get<ValueRef>() : nullptr;
  const auto* list = weights ? weights->get<ArgumentList>() : nullptr;
  if (!ref || !list) return 0;
  const double places = elements(program, ref->id) / dimension(node, program, "input", -1);
  double products = 0;
  for (const Argument& weight : *list) {
    const auto* value = weight.get<ValueRef>();
    if (value && program.values[value->id].shape.size() == 2)
      products += elements(program, value->id);
  }
  return 2 * places * products;
}

// As torch.ops.aten.lstm.input: there is no function of torch.nn.functional.
std::optional<PyExpr> pass_through(const Node&, const EmitContext&, std::string_view) {
  return std::nullopt;
}

constexpr std::array kTable = {
    Operation{"lstm.input", pass_through, "", "lstm", lstm_cost},
};

}  // namespace

std::span<const Operation> recurrent_operations() { return kTable; }

}  // namespace amalgam
