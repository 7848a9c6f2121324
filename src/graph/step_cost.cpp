// How long a training step takes on a CPU, from rates that were fitted to measured steps of the
// examples' models and their variants (bench/predicted_cost.py measures how well).
#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "amalgam/model.h"
#include "graph/operations.h"

namespace amalgam {
namespace {

// Nanoseconds for forward, backward and the optimizer's step, per unit of the forward pass.
struct Rates {
  double convolution = 6.7e-3;  // a FLOP, with channels filled up to vectors
  double pointwise = 3.4e-2;    // the same of a 1x1 kernel
  double depthwise = 8.3e-3;    // the same with groups
  double image_value = 8.3e-2;  // a value that a convolution reads or writes
  double depthwise_value = 0.33;
  double product = 6.8e-3;  // a FLOP of other products
  double norm = 0.23;       // a value
  double value = 0.34;      // a value that any other operation puts out
  double function = 0.63;   // more for one like SiLU, by kCostly
  double pooled = 0.18;     // a value that is pooled
  double operation = 2.5e4;
  double convolution_call = 9.6e5;
  double parameter = 1.1;
};
constexpr Rates kRates;

struct Costly {
  std::string_view op;
  double factor;
};
constexpr std::array kCostly = {
    Costly{"mish", 3},    Costly{"gelu", 1.5},     Costly{"silu", 1},       Costly{"tanh", 1},
    Costly{"sigmoid", 1}, Costly{"hardswish", .6}, Costly{"leaky_relu", .3}};

double factor_of(std::string_view op) {
  if (op.ends_with('_')) op.remove_suffix(1);
  for (const Costly& costly : kCostly)
    if (op == costly.op) return costly.factor;
  return 0;
}

// What only looks at memory that is there already, or at numbers.
bool is_free(const Node& node) {
  static const std::set<std::string_view> kNames = {
      "view",    "permute",   "transpose", "t",       "expand",  "unflatten",
      "squeeze", "unsqueeze", "select",    "slice",   "split",   "chunk",
      "detach",  "alias",     "sym_size",  "flatten", "reshape", "contiguous"};
  return kNames.count(node.op) > 0;
}

// Few channels have kernels of their own; others come in vectors of sixteen.
double filled(double channels) { return channels <= 4 ? channels : std::ceil(channels / 16) * 16; }

double input_elements(const Node& node, const Program& program, std::string_view name) {
  const Argument* input = node.find(name);
  const auto* ref = input ? input->get<ValueRef>() : nullptr;
  return ref ? elements(program, ref->id) : 0;
}

double convolution_time(const Node& node, const Program& program) {
  const double out = dimension(node, program, "weight", 0),
               in = dimension(node, program, "weight", 1);
  const double kernel = input_elements(node, program, "weight") / std::max(1.0, out * in);
  const double places = output_elements(node, program) / std::max(1.0, out);
  const double values = output_elements(node, program) + input_elements(node, program, "input");
  const double flops = 2 * places * filled(out) * filled(in) * kernel;
  const Argument* groups = node.find("groups");
  const auto* count = groups ? groups->get<std::int64_t>() : nullptr;
  if (count && *count > 1) return kRates.depthwise * flops + kRates.depthwise_value * values;
  return (kernel == 1 ? kRates.pointwise : kRates.convolution) * flops +
         kRates.image_value * values;
}

// Of one node: what grows with the batch, at the export's batch, and what does not.
struct Time {
  double grows = 0, stays = 0;
};

Time node_time(const Node& node, const Program& program) {
  Time time{0, kRates.operation};
  const Operation* operation = find_operation(node);
  const double out = output_elements(node, program);
  if (node.op.starts_with("conv")) {
    time.grows = convolution_time(node, program);
    time.stays += kRates.convolution_call;
  } else if (operation && operation->cost) {
    time.grows = kRates.product * operation->cost(node, program);
  } else if (node.op.ends_with("_norm")) {
    time.grows = kRates.norm * out;
  } else if (node.op.find("pool") != std::string::npos || node.op == "mean") {
    time.grows = kRates.pooled * input_elements(node, program, "self");
  } else {
    time.grows = (kRates.value + kRates.function * factor_of(node.op)) * out;
  }
  return time;
}

void add_time(const Graph& graph, const Program& program, Time& time) {
  for (const Node& node : graph.nodes) {
    if (node.body) add_time(*node.body, program, time);
    if (node.kind != NodeKind::kAten || is_free(node)) continue;
    const Time one = node_time(node, program);
    time.grows += one.grows;
    time.stays += one.stays;
  }
}

}  // namespace

double step_cost(const Model& model, std::uint64_t batch) {
  Time time;
  add_time(model.train.graph, model.train, time);
  const Value& input = model.train.values[model.train.inputs[0].value];
  const double exported = std::max<double>(1, static_cast<double>(input.shape[0].size));
  return time.grows * static_cast<double>(batch) / exported + time.stays +
         kRates.parameter * static_cast<double>(parameter_count(model));
}

}  // namespace amalgam
