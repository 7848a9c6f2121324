#include "variants/resolution.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "graph/arguments.h"
#include "graph/operations/table.h"
#include "graph/values.h"
#include "variants/inference.h"

namespace amalgam {
namespace {

using Sizes64 = std::vector<std::int64_t>;

// A list of two numbers, or one for both; `fallback` where absent.
std::optional<std::array<std::int64_t, 2>> pair_of(const Node& node, std::string_view name,
                                                   std::int64_t fallback) {
  const Argument* argument = node.find(name);
  if (!argument || argument->get<None>()) return std::array{fallback, fallback};
  const auto* list = argument->get<ArgumentList>();
  if (!list) return std::nullopt;
  if (list->empty()) return std::array{fallback, fallback};
  std::array<std::int64_t, 2> pair{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto* number = (*list)[std::min(i, list->size() - 1)].get<std::int64_t>();
    if (!number) return std::nullopt;
    pair[i] = *number;
  }
  return pair;
}

class Resizer {
 public:
  explicit Resizer(Program& program) : program_(program) {}

  bool run(ImageSize size) {
    Value& input = program_.values[program_.inputs[0].value];
    if (input.shape.size() != 4 || input.shape[2].symbolic || input.shape[3].symbolic) return false;
    set(program_.inputs[0].value,
        {shape_of(program_.inputs[0].value)[0], shape_of(program_.inputs[0].value)[1],
         static_cast<std::int64_t>(size.height), static_cast<std::int64_t>(size.width)});
    for (const Node& node : program_.graph.nodes)
      if (reads_changed(node) && !apply(node)) return false;
    return std::none_of(program_.graph.outputs.begin(), program_.graph.outputs.end(),
                        [this](const auto& output) { return output && changed_.count(*output); }) &&
           std::none_of(program_.updates.begin(), program_.updates.end(),
                        [this](const auto& update) { return changed_.count(update.value) > 0; });
  }

 private:
  Sizes64 shape_of(ValueId id) const {
    Sizes64 shape;
    for (const Dim& dim : program_.values[id].shape)
      shape.push_back(static_cast<std::int64_t>(dim.size));
    return shape;
  }

  bool set(ValueId id, const Sizes64& shape) {
    auto& dims = program_.values[id].shape;
    if (dims.size() != shape.size()) return false;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (shape[d] < 1) return false;
      if (dims[d].size == static_cast<std::uint64_t>(shape[d])) continue;
      dims[d].size = static_cast<std::uint64_t>(shape[d]);
      changed_.insert(id);
    }
    return true;
  }

  bool reads_changed(const Node& node) const {
    bool found = false;
    for_each_read(node, [&](ValueId id) { found = found || changed_.count(id) > 0; });
    return found;
  }

  std::optional<ValueId> only_output(const Node& node) const {
    if (node.outputs.size() != 1 || node.outputs[0].ids.size() != 1) return std::nullopt;
    return node.outputs[0].ids[0];
  }

  bool apply(const Node& node) {
    const Operation* row = find_operation(node);
    const auto out = only_output(node);
    if (!row || !out || program_.values[*out].kind != Value::Kind::kTensor) return false;
    switch (row->images) {
      case Images::kUnknown:
        return false;
      case Images::kPixels:
        return broadcast(node, *out);
      case Images::kKernel:
        return window(node, *out, "input", kernel_of(node));
      case Images::kWindow:
        return window(node, *out, "self", pair_of(node, "kernel_size", 1));
      case Images::kFixed:
        return true;
      case Images::kReduced:
        return reduce(node, *out);
      case Images::kJoined:
        return concatenate(node, *out);
    }
    return false;
  }

  std::optional<std::array<std::int64_t, 2>> kernel_of(const Node& node) const {
    const auto weight = value_argument(node, "weight");
    if (!weight) return std::nullopt;
    const Sizes64 shape = shape_of(*weight);
    return shape.size() == 4 ? std::optional(std::array{shape[2], shape[3]}) : std::nullopt;
  }

  // Convolutions and pools (torch.nn.Conv2d, MaxPool2d).
  bool window(const Node& node, ValueId out, std::string_view input,
              const std::optional<std::array<std::int64_t, 2>>& kernel) {
    const auto in = value_argument(node, input);
    if (!in || !kernel) return false;
    const bool pool = input == "self";
    const auto padding = pair_of(node, "padding", 0), dilation = pair_of(node, "dilation", 1);
    const ArgumentList* list = list_argument(node, "stride");
    const auto stride = pool && (!list || list->empty()) ? kernel : pair_of(node, "stride", 1);
    if (!padding || !dilation || !stride) return false;
    Sizes64 shape = shape_of(out);
    const Sizes64 from = shape_of(*in);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::int64_t s = (*stride)[i], p = (*padding)[i];
      const std::int64_t room = from[2 + i] + 2 * p - (*dilation)[i] * ((*kernel)[i] - 1) - 1;
      if (room < 0 || s < 1) return false;
      std::int64_t size = room / s + 1;
      if (pool && is_true(node, "ceil_mode")) {
        size = (room + s - 1) / s + 1;
        if ((size - 1) * s >= from[2 + i] + p) --size;
      }
      shape[2 + i] = size;
    }
    return set(out, shape);
  }

  // Dimensions that go are of no matter; one that stays keeps its size.
  bool reduce(const Node& node, ValueId out) {
    const auto in = value_argument(node, "self");
    const ArgumentList* list = list_argument(node, "dim");
    if (!in || !list) return false;
    const Sizes64 from = shape_of(*in);
    std::set<std::size_t> gone;
    for (const Argument& item : *list) {
      const auto* dim = item.get<std::int64_t>();
      const auto place = dim ? from_front(*dim, from.size()) : std::nullopt;
      if (!place) return false;
      gone.insert(*place);
    }
    Sizes64 shape;
    for (std::size_t d = 0; d < from.size(); ++d) {
      if (!gone.count(d))
        shape.push_back(from[d]);
      else if (is_true(node, "keepdim"))
        shape.push_back(1);
    }
    return set(out, shape);
  }

  bool concatenate(const Node& node, ValueId out) {
    const ArgumentList* list = list_argument(node, "tensors");
    const Argument* given = node.find("dim");
    const auto* number = given ? given->get<std::int64_t>() : nullptr;
    if (!list || list->empty() || (number && *number != 1)) return false;
    if (!number && given) return false;
    Sizes64 shape = shape_of(out);
    for (const Argument& item : *list) {
      const auto* ref = item.get<ValueRef>();
      if (!ref) return false;
      const Sizes64 from = shape_of(ref->id);
      if (from.size() != 4 ||
          (&item != &list->front() && (from[2] != shape[2] || from[3] != shape[3])))
        return false;
      shape[2] = from[2];
      shape[3] = from[3];
    }
    return number && set(out, shape);
  }

  // Of images alone: norms take vectors too, which belong to channels.
  bool broadcast(const Node& node, ValueId out) {
    Sizes64 shape = shape_of(out);
    if (shape.size() != 4) return false;
    shape[2] = shape[3] = 1;
    for (const NamedArgument& named : node.arguments) {
      const auto* ref = named.argument.get<ValueRef>();
      if (!ref || program_.values[ref->id].kind != Value::Kind::kTensor) continue;
      const Sizes64 from = shape_of(ref->id);
      if (from.size() < 2) continue;
      for (std::size_t back = 1; back <= 2; ++back) {
        const std::int64_t size = from[from.size() - back];
        std::int64_t& own = shape[4 - back];
        if (size == 1) continue;
        if (own != 1 && own != size) return false;
        own = size;
      }
    }
    return set(out, shape);
  }

  Program& program_;
  std::set<ValueId> changed_;
};

}  // namespace

std::optional<Model> at_resolution(const Model& model, ImageSize size) {
  if (model.programs.size() > 1 || model.train().inputs.size() != 1) return std::nullopt;
  Model resized = model;
  if (!Resizer(resized.train()).run(size)) return std::nullopt;
  // The shapes must be what the rules of width inference make of them, too.
  if (infer_widths(resized).train().unknown != infer_widths(model).train().unknown)
    return std::nullopt;
  return resized;
}

}  // namespace amalgam
