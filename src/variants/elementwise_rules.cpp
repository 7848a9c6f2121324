// Operations that work on each element: sizes pass through, or broadcast.
#include "variants/rules.h"

namespace amalgam {
namespace {

// The first tensor argument's sizes are the output's.
bool unary(const Node& node, RuleContext& c) {
  const Sizes* input = node.arguments.empty() ? nullptr : c.of(node.arguments[0].argument);
  if (!input) return false;
  const Sizes sizes = *input;
  for (std::size_t output = 0; output < c.outputs(node).size(); ++output)
    c.set(node, output, sizes);
  return true;
}

bool is_one(const Size& size) { return size.as_constant() == 1; }

// PyTorch's broadcasting: sizes are compared from the back, and a 1 becomes the other's size.
bool broadcast(const Node& node, RuleContext& c) {
  Sizes out;
  for (const NamedArgument& named : node.arguments) {
    const Sizes* sizes = c.of(named.argument);
    if (!sizes) continue;
    if (sizes->size() > out.size())
      out.insert(out.begin(), sizes->size() - out.size(), Size::constant(1));
    for (std::size_t d = 0; d < sizes->size(); ++d) {
      Size& at = out[out.size() - 1 - d];
      const Size& own = (*sizes)[sizes->size() - 1 - d];
      if (is_one(at))
        at = own;
      else if (!is_one(own) && !c.tie(at, own))
        return false;
    }
  }
  c.set(node, 0, std::move(out));
  return true;
}

// A weight for each channel, or one for all.
bool prelu(const Node& node, RuleContext& c) {
  const Sizes *input = c.of(node, "self"), *weight = c.of(node, "weight");
  if (!input || input->size() < 2 || !weight || weight->size() != 1) return false;
  if (!is_one((*weight)[0]) && !c.tie((*weight)[0], (*input)[1])) return false;
  c.set(node, 0, *input);
  return true;
}

// Reduces the dimensions of a list, or all.
bool reduction(const Node& node, RuleContext& c) {
  const Sizes* input = c.of(node, "self");
  if (!input) return false;
  const Argument *dims = node.find("dim"), *keep = node.find("keepdim");
  const bool kept = keep && keep->get<bool>() && *keep->get<bool>();
  std::vector<bool> reduced(input->size(), true);
  if (const auto* list = dims ? dims->get<ArgumentList>() : nullptr; list && !list->empty()) {
    reduced.assign(input->size(), false);
    for (const Argument& item : *list) {
      const auto* dim = item.get<std::int64_t>();
      if (!dim) return false;
      const auto at = RuleContext::from_front(*dim, input->size());
      if (!at) return false;
      reduced[*at] = true;
    }
  }
  Sizes out;
  for (std::size_t d = 0; d < input->size(); ++d) {
    if (!reduced[d]) out.push_back((*input)[d]);
    if (reduced[d] && kept) out.push_back(Size::constant(1));
  }
  c.set(node, 0, std::move(out));
  return true;
}

// Windows over the last dimensions: what is in front of them stays.
bool pooling(const Node& node, RuleContext& c) {
  const Sizes* input = node.arguments.empty() ? nullptr : c.of(node.arguments[0].argument);
  if (!input) return false;
  const std::size_t windows = node.op.find("3d") != std::string::npos   ? 3
                              : node.op.find("2d") != std::string::npos ? 2
                                                                        : 1;
  if (input->size() <= windows) return false;
  for (std::size_t output = 0; output < c.outputs(node).size(); ++output) {
    Sizes sizes = c.recorded_output(node, output);
    if (sizes.size() != input->size()) return false;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
      if (d + windows < sizes.size())
        sizes[d] = (*input)[d];
      else
        c.symbols().freeze((*input)[d]);
    }
    c.set(node, output, std::move(sizes));
  }
  return true;
}

}  // namespace

void add_elementwise_rules(WidthRules& rules) {
  for (const char* name : {"relu.default",
                           "relu_.default",
                           "relu6.default",
                           "hardtanh.default",
                           "hardtanh_.default",
                           "leaky_relu.default",
                           "leaky_relu_.default",
                           "elu.default",
                           "elu_.default",
                           "selu.default",
                           "gelu.default",
                           "silu.default",
                           "silu_.default",
                           "mish.default",
                           "softplus.default",
                           "hardswish.default",
                           "hardswish_.default",
                           "hardsigmoid.default",
                           "sigmoid.default",
                           "tanh.default",
                           "softmax.int",
                           "log_softmax.int",
                           "dropout.default",
                           "dropout_.default",
                           "feature_dropout.default",
                           "contiguous.default",
                           "clone.default",
                           "detach.default",
                           "detach_.default",
                           "alias.default",
                           "to.dtype",
                           "to.dtype_layout",
                           "to.device",
                           "neg.default",
                           "exp.default",
                           "log.default",
                           "sqrt.default",
                           "rsqrt.default",
                           "abs.default",
                           "pow.Tensor_Scalar",
                           "add.Scalar",
                           "sub.Scalar",
                           "mul.Scalar",
                           "div.Scalar",
                           "clamp.default",
                           "masked_fill.Scalar",
                           "zeros_like.default",
                           "ones_like.default",
                           "lift_fresh_copy.default"})
    rules[name] = unary;
  for (const char* name : {"add.Tensor", "sub.Tensor", "mul.Tensor", "div.Tensor", "add_.Tensor",
                           "sub_.Tensor", "mul_.Tensor", "div_.Tensor", "where.self",
                           "maximum.default", "minimum.default", "pow.Tensor_Tensor"})
    rules[name] = broadcast;
  rules["prelu.default"] = prelu;
  for (const char* name : {"mean.default", "mean.dim", "sum.default", "sum.dim_IntList",
                           "amax.default", "amin.default"})
    rules[name] = reduction;
  for (const char* name :
       {"max_pool1d.default", "max_pool2d.default", "max_pool3d.default", "avg_pool1d.default",
        "avg_pool2d.default", "avg_pool3d.default", "adaptive_avg_pool1d.default",
        "adaptive_avg_pool2d.default", "adaptive_avg_pool3d.default", "adaptive_max_pool2d.default",
        "upsample_nearest2d.vec", "upsample_bilinear2d.vec"})
    rules[name] = pooling;
}

}  // namespace amalgam
