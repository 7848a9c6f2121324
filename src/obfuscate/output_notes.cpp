#include "obfuscate/output_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/bytes.h"
#include "formats/class_counts.h"

namespace amalgam {
namespace {

// A loss of one's own does not say what classes are: one output a class is what most have.
std::uint64_t classes_of(const Task& task) {
  const Program& program = task.network.model->train();
  if (task.classes > 0 || task.network.train.loss_program.empty()) return task.classes;
  const auto& shape = program.values[program.result_value()].shape;
  return shape.size() == 2 && !shape.back().symbolic ? shape.back().size : 0;
}

}  // namespace

std::vector<std::string> output_notes(std::span<const Task> given) {
  std::vector<std::string> with, without;
  for (const Task& task : given) {
    const std::uint64_t classes = classes_of(task);
    const Field* labels = task.has_own_data && classes > 0 ? class_labels(*task.data) : nullptr;
    if (!labels) continue;
    const std::uint64_t unused =
        unused_outputs(view_as<std::int64_t>(labels->tensor.source->view()), classes);
    if (unused > 0)
      with.push_back(fmt::format("'{}' ({} of {})", task.label, unused, classes));
    else
      without.push_back(fmt::format("'{}'", task.label));
  }
  if (with.empty() || without.empty()) return {};
  return {
      fmt::format("Models have outputs that no label names, those of {}, and others have none, "
                  "those of {}: that "
                  "can be seen. Give each model as many outputs as its labels have classes, or all "
                  "of them more.",
                  fmt::join(with, ", "), fmt::join(without, ", "))};
}

}  // namespace amalgam
