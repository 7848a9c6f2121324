#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// A weight for each channel, or one for all.
bool prelu(const Node& node, WidthContext& c) {
  const Sizes *input = c.of(node, "self"), *weight = c.of(node, "weight");
  if (!input || input->size() < 2 || !weight || weight->size() != 1) return false;
  if ((*weight)[0].as_constant() != 1 && !c.tie((*weight)[0], (*input)[1])) return false;
  c.set(node, 0, *input);
  return true;
}

constexpr Operation activation(std::string_view name, Printing printing) {
  return operation(name).prints(printing).ties(keeps_sizes).in_images(Images::kPixels);
}
constexpr Operation plain(std::string_view name, std::string_view callee) {
  return activation(name, function(callee));
}
constexpr Operation in_place(std::string_view name, std::string_view callee) {
  return activation(name, inplace_function(callee));
}

constexpr std::array kRows = {
    plain("relu.default", "F.relu"),
    in_place("relu_.default", "F.relu"),
    plain("silu.default", "F.silu").takes_longer(0.58),
    in_place("silu_.default", "F.silu").takes_longer(0.58),
    plain("leaky_relu.default", "F.leaky_relu").takes_longer(0.71),
    in_place("leaky_relu_.default", "F.leaky_relu").takes_longer(0.71),
    plain("hardswish.default", "F.hardswish").takes_longer(0.09),
    in_place("hardswish_.default", "F.hardswish").takes_longer(0.09),
    plain("gelu.default", "F.gelu").takes_longer(0.99),
    plain("hardtanh.default", "F.hardtanh"),
    in_place("hardtanh_.default", "F.hardtanh"),
    plain("relu6.default", "F.relu6"),
    plain("mish.default", "F.mish").takes_longer(6.8),
    operation("mish_.default").takes_longer(6.8),
    plain("softplus.default", "F.softplus"),
    plain("hardsigmoid.default", "F.hardsigmoid"),
    plain("sigmoid.default", "torch.sigmoid").takes_longer(0.58),
    operation("sigmoid_.default").takes_longer(0.58),
    plain("tanh.default", "torch.tanh").takes_longer(0.58),
    operation("tanh_.default").takes_longer(0.58),
    operation("elu.default").ties(keeps_sizes).in_images(Images::kPixels),
    operation("elu_.default").ties(keeps_sizes).in_images(Images::kPixels),
    operation("selu.default").ties(keeps_sizes),
    operation("prelu.default").prints(function("F.prelu")).ties(prelu),
    operation("softmax.int").prints(function("F.softmax")).ties(keeps_sizes),
    operation("log_softmax.int").prints(function("F.log_softmax")).ties(keeps_sizes),
};

}  // namespace

std::span<const Operation> activation_operations() { return kRows; }

}  // namespace amalgam
