#include "graph/export_notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "graph/reach.h"
#include "graph/switched_off.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostNamed = 3;

constexpr const char* kGradientCure =
    "Between them and the loss lies detach(), torch.no_grad() or a conversion to integers, or the "
    "output does not depend on them. checkpoint(use_reentrant=True) leaves torch.no_grad() in an "
    "export: use_reentrant=False does not";

std::string named(const Model& model, const std::vector<std::size_t>& tensors) {
  std::string names;
  for (std::size_t i = 0; i < std::min(kMostNamed, tensors.size()); ++i)
    names += fmt::format("{}'{}'", i > 0 ? ", " : "", model.tensors[tensors[i]].own_name);
  if (tensors.size() > kMostNamed)
    names += fmt::format(" and {} more", tensors.size() - kMostNamed);
  return names;
}

std::size_t trainable_of(const Model& model) {
  return static_cast<std::size_t>(
      std::count_if(model.tensors.begin(), model.tensors.end(),
                    [](const ModelTensor& tensor) { return tensor.trainable || tensor.unused; }));
}

std::string without_trainable(const Model& model) {
  std::vector<std::size_t> frozen;
  for (std::size_t i = 0; i < model.tensors.size(); ++i)
    if (model.tensors[i].kind == ModelTensor::Kind::kParameter) frozen.push_back(i);
  if (frozen.empty()) return "has no parameters, so that there is nothing to train";
  return fmt::format(
      "has {}, all frozen (requires_grad is False), so that nothing would be trained: "
      "{}. Call requires_grad_(True) on those that training may change, and export it again",
      counted(frozen.size(), "parameter"), named(model, frozen));
}

std::string layers_of(const SwitchedOff& off) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const char* one, const char* many) {
    if (count > 0) parts.push_back(counted(count, one, many));
  };
  add(off.batch_norms, "batch norm", "batch norms");
  add(off.instance_norms, "instance norm", "instance norms");
  add(off.dropouts, "dropout", "dropouts");
  add(off.recurrent, "recurrent layer's dropout", "recurrent layers' dropouts");
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

std::vector<std::string> export_notes(const Model& model, std::span<const ValueId> loss_of) {
  std::vector<std::string> notes;
  if (const SwitchedOff off = switched_off(model.train().graph); off.any())
    notes.push_back(fmt::format(
        "switched off in the graph that is trained: {}, as eval mode leaves them. Unless that is "
        "meant, call model.train() before torch.export.export; the graph of eval mode can be given "
        "beside it (--eval-model).",
        layers_of(off)));
  const auto unreached = unreached_parameters(model, loss_of);
  if (const auto nothing = untrainable(model, loss_of))
    notes.push_back(*nothing + ".");
  else if (!unreached.empty())
    notes.push_back(fmt::format("no loss reaches {} of {}, which stay as they are: {}. {}.",
                                unreached.size(),
                                counted(trainable_of(model), "trainable parameter"),
                                named(model, unreached), kGradientCure));
  return notes;
}

std::optional<std::string> untrainable(const Model& model, std::span<const ValueId> loss_of) {
  if (trainable_of(model) == 0) return without_trainable(model);
  const auto unreached = unreached_parameters(model, loss_of);
  if (unreached.size() < trainable_of(model)) return std::nullopt;
  return fmt::format("no loss reaches any of its {} ({}). {}",
                     counted(unreached.size(), "trainable parameter"), named(model, unreached),
                     kGradientCure);
}

}  // namespace amalgam
