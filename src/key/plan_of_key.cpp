#include "key/plan_of_key.h"

namespace amalgam {

Plan plan_of_key(const Key& key) {
  std::vector<TaskShape> shapes;
  for (const KeyTask& task : key.tasks) {
    TaskShape shape{task.fingerprint, {}, std::nullopt, task.rows, task.held_out_rows};
    for (const auto& [dtype, width] : task.features) shape.features.push_back({dtype, width});
    if (task.targets) shape.targets = ColumnShape{task.targets->first, task.targets->second};
    shapes.push_back(std::move(shape));
  }
  return draw_plan(*key.seed, shapes, key.rows, key.held_out_rows);
}

}  // namespace amalgam
