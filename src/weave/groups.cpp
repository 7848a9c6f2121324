#include "weave/groups.h"

#include <fnmatch.h>

#include <algorithm>
#include <vector>

#include "formats/recipe_json.h"

namespace amalgam {

bool is_named(const ModelTensor& tensor, const std::string& pattern) {
  const auto fits = [&](const std::string& name) {
    return fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
  };
  return fits(tensor.own_name) || (tensor.of_model() && std::any_of(tensor.user_names.begin(),
                                                                    tensor.user_names.end(), fits));
}

std::optional<std::size_t> group_of(const ModelTensor& tensor, const TrainSettings& train) {
  if (tensor.kind != ModelTensor::Kind::kParameter) return std::nullopt;
  for (std::size_t g = 0; g < train.groups.size(); ++g)
    for (const std::string& pattern : train.groups[g].match)
      if (is_named(tensor, pattern)) return g;
  return std::nullopt;
}

bool is_frozen(const ModelTensor& tensor, const TrainSettings& train) {
  const auto group = group_of(tensor, train);
  return group && train.groups[*group].freeze;
}

Json groups_json(const Model& model, const TrainSettings& train,
                 std::span<const std::string> names) {
  std::vector<Json> members(train.groups.size(), Json::array());
  for (std::size_t i = 0; i < model.tensors.size(); ++i)
    if (const auto group = group_of(model.tensors[i], train); group && model.tensors[i].trainable)
      members[*group].push_back(names[i]);
  Json groups = Json::array();
  for (std::size_t g = 0; g < members.size(); ++g)
    if (!members[g].empty())
      groups.push_back({{"names", std::move(members[g])},
                        {"arguments", group_arguments_json(train, train.groups[g])}});
  return groups;
}

}  // namespace amalgam
