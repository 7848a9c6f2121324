#include <array>
#include <vector>

#include "graph/arguments.h"
#include "graph/operations/costs.h"
#include "graph/operations/families.h"

namespace amalgam {
namespace {

// A product of each matrix with the input or the hidden state, at every place.
double recurrent_cost(const Node& node, const Program& program) {
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

// Per layer and direction, of G gates: w_ih [G H, I], w_hh [G H, H], and with biases b_ih [G H] and
// b_hh [G H].
struct Stack {
  const ArgumentList& weights;
  std::size_t gates, each, directions;
};

std::optional<Stack> stack_of(const Node& node, std::size_t gates) {
  const ArgumentList* weights = list_argument(node, "params");
  const Argument *biases = node.find("has_biases"), *both = node.find("bidirectional");
  if (!weights || !biases || !both || !biases->get<bool>() || !both->get<bool>())
    return std::nullopt;
  const Stack stack{*weights, gates, *biases->get<bool>() ? std::size_t{4} : std::size_t{2},
                    *both->get<bool>() ? std::size_t{2} : std::size_t{1}};
  if (weights->empty() || weights->size() % (stack.each * stack.directions) != 0)
    return std::nullopt;
  return stack;
}

// Ties all weights to the hidden size; returns the size of what the last layer puts out.
std::optional<Size> tie_weights(WidthContext& c, const Stack& stack, Size in, const Size& hidden) {
  for (std::size_t w = 0; w < stack.weights.size(); ++w) {
    const Sizes* weight = c.of(stack.weights[w]);
    if (!weight || weight->empty() || !c.tie((*weight)[0], Size::constant(stack.gates) * hidden))
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

// The first states: a list, or one tensor.
std::vector<const Argument*> states_of(const Node& node) {
  std::vector<const Argument*> states;
  if (const ArgumentList* list = list_argument(node, "hx")) {
    for (const Argument& state : *list) states.push_back(&state);
  } else if (const Argument* state = node.find("hx")) {
    states.push_back(state);
  }
  return states;
}

// The input: [N, length, I] or [length, N, I], or all places of packed sequences one after another.
struct Places {
  const char* name;
  std::size_t dimensions;
};
constexpr Places kPadded{"input", 3}, kPacked{"data", 2};

// Puts out what the last layer gives, then as many last states as there are first ones.
bool ties_gates(const Node& node, WidthContext& c, const Places& places, std::size_t gates,
                std::size_t state_count) {
  const Sizes* input = c.of(node, places.name);
  const std::vector<const Argument*> states = states_of(node);
  const auto stack = stack_of(node, gates);
  if (!input || input->size() != places.dimensions || !stack || states.size() != state_count)
    return false;
  const Sizes* recurrent = c.of(stack->weights[1]);
  if (!recurrent || recurrent->size() != 2) return false;
  const Size hidden = (*recurrent)[1];
  const auto last = tie_weights(c, *stack, input->back(), hidden);
  if (!last) return false;
  for (const Argument* state : states) {
    const Sizes* sizes = c.of(*state);
    if (!sizes || sizes->size() != 3 || !c.tie(sizes->back(), hidden)) return false;
  }
  Sizes out = *input;
  out.back() = *last;
  const Sizes state = *c.of(*states[0]);
  c.set(node, 0, std::move(out));
  for (std::size_t output = 1; output <= state_count; ++output)
    if (output < results(node).size()) c.set(node, output, state);
  return true;
}

bool lstm(const Node& node, WidthContext& c) { return ties_gates(node, c, kPadded, 4, 2); }
bool gru(const Node& node, WidthContext& c) { return ties_gates(node, c, kPadded, 3, 1); }
bool elman(const Node& node, WidthContext& c) { return ties_gates(node, c, kPadded, 1, 1); }
bool packed_lstm(const Node& node, WidthContext& c) { return ties_gates(node, c, kPacked, 4, 2); }
bool packed_gru(const Node& node, WidthContext& c) { return ties_gates(node, c, kPacked, 3, 1); }
bool packed_elman(const Node& node, WidthContext& c) { return ties_gates(node, c, kPacked, 1, 1); }

using enum Trait;

// There is no function of torch.nn.functional for these: all pass through.
constexpr Operation recurrent(std::string_view name) {
  return operation(name).off_by(Switch::kRecurrent);
}

constexpr std::array kRows = {
    recurrent("lstm.input").named("lstm").costs(recurrent_cost).ties(lstm),
    recurrent("lstm.data").ties(packed_lstm).is(kUncounted),
    recurrent("gru.input").costs(recurrent_cost).ties(gru),
    recurrent("gru.data").ties(packed_gru).is(kUncounted),
    recurrent("rnn_tanh.input").costs(recurrent_cost).ties(elman),
    recurrent("rnn_tanh.data").ties(packed_elman).is(kUncounted),
    recurrent("rnn_relu.input").costs(recurrent_cost).ties(elman),
    recurrent("rnn_relu.data").ties(packed_elman).is(kUncounted),
};

}  // namespace

std::span<const Operation> recurrent_operations() { return kRows; }

}  // namespace amalgam
