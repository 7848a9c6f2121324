#include "obfuscate/model_notes.h"

#include "graph/export_notes.h"
#include "obfuscate/grouped_notes.h"

namespace amalgam {

std::vector<std::string> model_notes(std::span<const Task> given) {
  GroupedNotes notes;
  for (const Task& task : given) {
    const Model& model = *task.network.model;
    for (std::string& note : export_notes(model, model.train().result_values()))
      notes.add(task.label, std::move(note));
  }
  return notes.all();
}

}  // namespace amalgam
