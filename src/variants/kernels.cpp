#include <array>

#include "graph/arguments.h"
#include "graph/operations/table.h"
#include "variants/changes.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kLargest = 7;

NamedArgument* find(Node& node, std::string_view name) {
  for (NamedArgument& named : node.arguments)
    if (named.name == name) return &named;
  return nullptr;
}

// Two numbers, alike for both dimensions; one stands for both.
std::optional<std::int64_t> square(const Node& node, std::string_view name, std::int64_t fallback) {
  const Argument* argument = node.find(name);
  if (!argument) return fallback;
  const auto* list = argument->get<ArgumentList>();
  if (!list || list->empty()) return std::nullopt;
  const auto* first = list->front().get<std::int64_t>();
  if (!first) return std::nullopt;
  for (const Argument& item : *list)
    if (const auto* other = item.get<std::int64_t>(); !other || *other != *first)
      return std::nullopt;
  return *first;
}

constexpr std::size_t kNone = SIZE_MAX;

// Index of the tensor that a node's argument is; kNone where it is none.
std::size_t tensor_of(const Program& program, const Node& node, std::string_view name) {
  const auto value = value_argument(node, name);
  return value ? program.tensor_of_value[*value].value_or(kNone) : kNone;
}

Argument pair_of(std::int64_t number) {
  return Argument{ArgumentList{Argument{number}, Argument{number}}};
}

// An export writes arguments up to the last one that is not as by default; another writing would
// show where a kernel was changed.
void set_padding(Node& node, std::int64_t padding) {
  const std::array<NamedArgument, 3> defaults = {
      {{"bias", Argument{None{}}}, {"stride", pair_of(1)}, {"padding", pair_of(0)}}};
  for (const NamedArgument& missing : defaults)
    if (!find(node, missing.name)) node.arguments.push_back(missing);
  find(node, "padding")->argument = pair_of(padding);
  if (padding != 0 || node.arguments.back().name != "padding") return;
  node.arguments.pop_back();
  if (square(node, "stride", 1) == 1) node.arguments.pop_back();
  if (node.arguments.back().argument.get<None>()) node.arguments.pop_back();
}

struct Site {
  std::size_t node, tensor;
  std::int64_t kernel, padding, dilation;
};

std::vector<Site> find_sites(const Model& model) {
  const std::vector<std::size_t> reads = reads_of_tensors(model);
  const Program& program = model.train();
  std::vector<Site> sites;
  for (std::size_t n = 0; n < program.graph.nodes.size(); ++n) {
    const Node& node = program.graph.nodes[n];
    if (!has(node, Trait::kGrowsKernel)) continue;
    const std::size_t tensor = tensor_of(program, node, "weight");
    const auto padding = square(node, "padding", 0), dilation = square(node, "dilation", 1);
    if (tensor == kNone || reads[tensor] != 1 || !padding || !dilation) continue;
    const ModelTensor& own = model.tensors[tensor];
    const Shape& shape = own.tensor.shape;
    if (!own.trainable || own.tensor.dtype != DType::kFloat32 || shape.size() != 4 ||
        shape[2] != shape[3] || shape[2] < 3 || shape[2] > kLargest || shape[2] % 2 == 0)
      continue;
    sites.push_back({n, tensor, static_cast<std::int64_t>(shape[2]), *padding, *dilation});
  }
  return sites;
}

}  // namespace

// A kernel two larger or smaller, with the padding that leaves images their size.
bool change_kernel(ChangedModel& changed, RandomStream& random) {
  Model& model = changed.model;
  const std::vector<Site> sites = find_sites(model);
  if (sites.empty()) return false;
  const Site& site = sites[random.below(sites.size())];
  const bool smaller = site.padding >= site.dilation;  // or it would be negative
  const bool larger = site.kernel < static_cast<std::int64_t>(kLargest);
  if (!smaller && !larger) return false;
  const bool grow = larger && (!smaller || random.below(2) == 1);
  const std::int64_t kernel = site.kernel + (grow ? 2 : -2);
  const std::int64_t padding = site.padding + (grow ? site.dilation : -site.dilation);
  set_padding(model.train().graph.nodes[site.node], padding);
  Tensor& weight = model.tensors[site.tensor].tensor;
  weight.shape[2] = weight.shape[3] = static_cast<std::uint64_t>(kernel);
  weight.source = nullptr;
  for (ValueId id = 0; id < model.train().values.size(); ++id)
    if (model.train().tensor_of_value[id].value_or(kNone) == site.tensor)
      for (std::size_t d : {2, 3})
        model.train().values[id].shape[d].size = static_cast<std::uint64_t>(kernel);
  return true;
}

}  // namespace amalgam
