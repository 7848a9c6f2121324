#include "key/plan_of_key.h"

#include <algorithm>
#include <map>

#include "amalgam/error.h"
#include "key/check.h"
#include "weave/network.h"

namespace amalgam {
namespace {

constexpr const char* kKey = "the key";

std::vector<TaskShape> shapes_of(const Key& key) {
  std::vector<TaskShape> shapes;
  for (const KeyTask& task : key.tasks) shapes.push_back(task.shape);
  return shapes;
}

// Which sub-network is whose is known only once the order is drawn.
void check_order(const Key& key, const Plan& plan) {
  std::map<std::string, const KeyTensor*> trained;
  for (const KeyTensor& tensor : key.trained) trained[tensor.name] = &tensor;
  for (std::size_t s = 0; s < plan.streams.size(); ++s) {
    const auto features = features_of(key, plan.streams[s]);
    for (std::size_t f = 0; f < features.size(); ++f) {
      const auto found = trained.find(subnetwork_prefix(s) + positions_name(f));
      if (found == trained.end() || found->second->kind != TensorKind::kPositions ||
          found->second->shape != Shape{features[f].positions.size()})
        throw Error(ErrorCode::kDamaged, kKey, "has tensors that are not those of its plan");
    }
  }
  for (const KeyWanted& wanted : key.wanted)
    if (plan.streams[wanted.subnetwork].task != wanted.task)
      throw Error(ErrorCode::kDamaged, kKey,
                  "says that '" + wanted.name + "' is another sub-network than its plan does");
}

}  // namespace

std::span<const StreamField> features_of(const Key& key, const Stream& stream) {
  return std::span(stream.fields).first(key.tasks[stream.task].shape.feature_count());
}

bool reads(const Key& key, const Stream& stream, std::span<const Positions> positions) {
  const auto features = features_of(key, stream);
  return std::equal(
      features.begin(), features.end(), positions.begin(), positions.end(),
      [](const StreamField& field, const Positions& own) { return field.positions == own; });
}

Plan streams_of_key(const Key& key) {
  Plan plan = draw_streams(*key.seed, shapes_of(key), key.size.links);
  check_order(key, plan);
  return plan;
}

Plan plan_of_key(const Key& key) {
  check_rows(key, kKey);
  Plan plan = draw_plan(*key.seed, shapes_of(key), key.size);
  check_order(key, plan);
  return plan;
}

}  // namespace amalgam
