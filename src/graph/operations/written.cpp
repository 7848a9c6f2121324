#include "graph/operations/written.h"

namespace amalgam {
namespace {

Node node_of(const char* op, const char* overload, std::vector<NamedArgument> arguments) {
  Node node;
  node.space = "aten";
  node.op = op;
  node.overload = overload;
  node.arguments = std::move(arguments);
  return node;
}

NamedArgument value(const char* name, ValueId id) { return {name, {ValueRef{id}}}; }

}  // namespace

Node sum_of(ValueId a, ValueId b) {
  return node_of("add", "Tensor", {value("self", a), value("other", b)});
}

Node mean_over(ValueId of, const ArgumentList& dims) {
  return node_of("mean", "dim", {value("self", of), {"dim", {dims}}});
}

Node pooled_to(ValueId images, std::int64_t height, std::int64_t width) {
  return node_of(
      "adaptive_avg_pool2d", "default",
      {value("self", images), {"output_size", {ArgumentList{Argument{height}, Argument{width}}}}});
}

Node projected(ValueId input, ValueId weight) {
  return node_of("linear", "default", {value("input", input), value("weight", weight)});
}

Node convolved(ValueId images, ValueId weight) {
  return node_of("conv2d", "default", {value("input", images), value("weight", weight)});
}

Node seen_as(ValueId of, const ArgumentList& sizes) {
  return node_of("view", "default", {value("self", of), {"size", {sizes}}});
}

}  // namespace amalgam
