#include "key/plan_of_key.h"

namespace amalgam {
namespace {

ColumnShape shape_of(const KeyColumns& columns) {
  return {columns.dtype, columns.width, columns.borrowed, columns.scattered, columns.vocabulary};
}

}  // namespace

Plan plan_of_key(const Key& key) {
  std::vector<TaskShape> shapes;
  for (const KeyTask& task : key.tasks) {
    TaskShape shape{
        task.fingerprint, {}, std::nullopt, task.rows, task.held_out_rows, task.may_send,
        task.may_receive};
    for (const KeyColumns& columns : task.features) shape.features.push_back(shape_of(columns));
    if (task.targets) shape.targets = shape_of(*task.targets);
    shapes.push_back(std::move(shape));
  }
  return draw_plan(*key.seed, shapes, key.rows, key.held_out_rows, key.links);
}

}  // namespace amalgam
