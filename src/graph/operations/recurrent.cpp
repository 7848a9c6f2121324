#include <array>

#include "graph/arguments.h"
#include "graph/operations/costs.h"
#include "graph/operations/families.h"

namespace amalgam {
namespace {

// Four gates, each a product with the input and one with the hidden state, at every place.
double lstm_cost(const Node& node, const Program& program) {
  const ArgumentList* weights = list_argument(node, "params");
  if (!value_argument(node, "input") || !weights) return 0;
  const double places =
      argument_elements(node, program, "input") / dimension(node, program, "input", -1);
  double products = 0;
  for (const Argument& weight : *weights) {
    const auto* value = weight.get<ValueRef>();
    if (value && program.values[value->id].shape.size() == 2)
      products += elements(program, value->id);
  }
  return 2 * places * products;
}

// Per layer and direction: w_ih [4H, I], w_hh [4H, H], and with biases b_ih [4H], b_hh [4H].
struct Stack {
  const ArgumentList& weights;
  std::size_t each, directions;
};

std::optional<Stack> stack_of(const Node& node) {
  const ArgumentList* weights = list_argument(node, "params");
  const Argument *biases = node.find("has_biases"), *both = node.find("bidirectional");
  if (!weights || !biases || !both || !biases->get<bool>() || !both->get<bool>())
    return std::nullopt;
  const Stack stack{*weights, *biases->get<bool>() ? std::size_t{4} : std::size_t{2},
                    *both->get<bool>() ? std::size_t{2} : std::size_t{1}};
  if (weights->empty() || weights->size() % (stack.each * stack.directions) != 0)
    return std::nullopt;
  return stack;
}

// Ties all weights to the hidden size; returns the size of what the last layer puts out.
std::optional<Size> tie_weights(WidthContext& c, const Stack& stack, Size in, const Size& hidden) {
  for (std::size_t w = 0; w < stack.weights.size(); ++w) {
    const Sizes* weight = c.of(stack.weights[w]);
    if (!weight || weight->empty() || !c.tie((*weight)[0], Size::constant(4) * hidden))
      return std::nullopt;
    const std::size_t place = w % stack.each;
    if (weight->size() != (place < 2 ? 2u : 1u)) return std::nullopt;
    if (place == 0 && !c.tie((*weight)[1], in)) return std::nullopt;
    if (place == 1 && !c.tie((*weight)[1], hidden)) return std::nullopt;
    if ((w + 1) % (stack.each * stack.directions) == 0)
      in = Size::constant(stack.directions) * hidden;
  }
  return in;
}

bool lstm(const Node& node, WidthContext& c) {
  const Sizes* input = c.of(node, "input");
  const ArgumentList* states = list_argument(node, "hx");
  const auto stack = stack_of(node);
  if (!input || input->size() != 3 || !stack || !states || states->size() != 2) return false;
  const Sizes* recurrent = c.of(stack->weights[1]);
  if (!recurrent || recurrent->size() != 2) return false;
  const Size hidden = (*recurrent)[1];
  const auto last = tie_weights(c, *stack, input->back(), hidden);
  if (!last) return false;
  for (const Argument& state : *states) {
    const Sizes* sizes = c.of(state);
    if (!sizes || sizes->size() != 3 || !c.tie(sizes->back(), hidden)) return false;
  }
  Sizes out = *input;
  out.back() = *last;
  const Sizes state = *c.of((*states)[0]);
  c.set(node, 0, std::move(out));
  for (std::size_t output : {1, 2})
    if (output < results(node).size()) c.set(node, output, state);
  return true;
}

using enum Trait;

// There is no function of torch.nn.functional for these: all pass through.
constexpr Operation recurrent(std::string_view name) {
  return operation(name).off_by(Switch::kRecurrent);
}

constexpr std::array kRows = {
    recurrent("lstm.input").named("lstm").costs(lstm_cost).ties(lstm),
    recurrent("lstm.data").is(kUncounted),
    recurrent("gru.input").is(kUncounted),
    recurrent("gru.data").is(kUncounted),
    recurrent("rnn_tanh.input").is(kUncounted),
    recurrent("rnn_tanh.data").is(kUncounted),
    recurrent("rnn_relu.input").is(kUncounted),
    recurrent("rnn_relu.data").is(kUncounted),
};

}  // namespace

std::span<const Operation> recurrent_operations() { return kRows; }

}  // namespace amalgam
