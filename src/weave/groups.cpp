#include "weave/groups.h"

#include <fnmatch.h>

#include <algorithm>

namespace amalgam {

bool is_named(const ModelTensor& tensor, const std::string& pattern) {
  const auto fits = [&](const std::string& name) {
    return fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
  };
  return fits(tensor.own_name) ||
         std::any_of(tensor.user_names.begin(), tensor.user_names.end(), fits);
}

std::optional<std::size_t> group_of(const ModelTensor& tensor, const TrainSettings& train) {
  if (tensor.kind != ModelTensor::Kind::kParameter) return std::nullopt;
  for (std::size_t g = 0; g < train.groups.size(); ++g)
    for (const std::string& pattern : train.groups[g].match)
      if (is_named(tensor, pattern)) return g;
  return std::nullopt;
}

std::vector<std::vector<std::size_t>> trained_of_groups(const Model& model,
                                                        const TrainSettings& train) {
  std::vector<std::vector<std::size_t>> groups(train.groups.size());
  for (std::size_t i = 0; i < model.tensors.size(); ++i)
    if (const auto group = group_of(model.tensors[i], train); group && model.tensors[i].trainable)
      groups[*group].push_back(i);
  return groups;
}

}  // namespace amalgam
