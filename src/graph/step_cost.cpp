// How long a training step takes on a CPU, from rates that were fitted to measured steps of the
// examples' models and their variants (bench/predicted_cost.py measures how well), with memory that
// the process keeps: page faults take as long as the computation on some virtual machines.
#include <algorithm>
#include <cmath>

#include "amalgam/model.h"
#include "graph/operations/costs.h"
#include "graph/operations/table.h"

namespace amalgam {
namespace {

// Nanoseconds for forward, backward and the optimizer's step, per unit of the forward pass.
struct ConvolutionRates {
  double flop;       // with channels filled up to vectors
  double pointwise;  // the same of a 1x1 kernel
  double value;      // read or written
};
// Channels that fill vectors need not be brought into another order.
constexpr ConvolutionRates kAligned = {0.011, 0.031, 0.095}, kOther = {0.011, 0.025, 0.79};
constexpr double kDepthwiseFlop = 0.011, kDepthwiseValue = 0.55;
constexpr double kProductFlop = 0.0061;  // of linear layers and other products
constexpr double kNormValue = 3.3, kPooledValue = 4.8;
constexpr double kValue = 0.17;  // that any other operation puts out
constexpr double kNode = 13000, kConvolution = 100000, kNorm = 18000, kTensor = 10000,
                 kStep = 98000;
constexpr double kParameter = 2;
constexpr double kVector = 16;  // floats

// Up to three channels have kernels of their own; others come in vectors of sixteen.
double filled(double channels) {
  return channels <= 3 ? channels : std::ceil(channels / kVector) * kVector;
}

double convolution_time(const Node& node, const Program& program) {
  const double out = dimension(node, program, "weight", 0),
               in = dimension(node, program, "weight", 1);
  const double kernel = argument_elements(node, program, "weight") / std::max(1.0, out * in);
  const double places = output_elements(node, program) / std::max(1.0, out);
  const double values = output_elements(node, program) + argument_elements(node, program, "input");
  const double flops = 2 * places * filled(out) * filled(in) * kernel;
  const Argument* groups = node.find("groups");
  const auto* count = groups ? groups->get<std::int64_t>() : nullptr;
  if (count && *count > 1) return kDepthwiseFlop * flops + kDepthwiseValue * values;
  const bool aligned = std::fmod(out, kVector) == 0 && (in <= 3 || std::fmod(in, kVector) == 0);
  const ConvolutionRates& rates = aligned ? kAligned : kOther;
  return (kernel == 1 ? rates.pointwise : rates.flop) * flops + rates.value * values;
}

// Of one node: what grows with the batch, at the export's batch, and what does not.
struct Time {
  double grows = 0, stays = 0;
};

Time node_time(const Node& node, const Program& program) {
  Time time{0, kNode};
  const Operation* found = find_operation(node);
  const Operation row = found ? *found : operation("");
  const double out = output_elements(node, program);
  if (row.has(Trait::kConvolution)) {
    time.grows = convolution_time(node, program);
    time.stays += kConvolution;
  } else if (row.cost) {
    time.grows = kProductFlop * row.cost(node, program);
  } else if (row.has(Trait::kNorm)) {
    time.grows = kNormValue * out;
    time.stays += kNorm;
  } else if (row.has(Trait::kPools)) {
    time.grows = kPooledValue * argument_elements(node, program, "self");
  } else {
    time.grows = (kValue + row.extra_time) * out;
  }
  return time;
}

void add_time(const Graph& graph, const Program& program, Time& time) {
  for (const Node& node : graph.nodes) {
    if (node.body) add_time(*node.body, program, time);
    if (node.kind != NodeKind::kAten || has(node, Trait::kView) || has(node, Trait::kNumber))
      continue;
    const Time one = node_time(node, program);
    time.grows += one.grows;
    time.stays += one.stays;
  }
}

}  // namespace

double step_cost(const Model& model, std::uint64_t batch) {
  Time time;
  add_time(model.train().graph, model.train(), time);
  const auto parameters =
      std::count_if(model.tensors.begin(), model.tensors.end(),
                    [](const ModelTensor& t) { return t.kind == ModelTensor::Kind::kParameter; });
  return time.grows * static_cast<double>(batch) / batch_of(model) + time.stays + kStep +
         kTensor * static_cast<double>(parameters) +
         kParameter * static_cast<double>(parameter_count(model));
}

}  // namespace amalgam
