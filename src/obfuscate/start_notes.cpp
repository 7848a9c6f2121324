#include "obfuscate/start_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/counted.h"
#include "obfuscate/grouped_notes.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostNames = 4;

std::string names_text(const std::vector<std::string>& names) {
  const auto shown = std::span(names).first(std::min(names.size(), kMostNames));
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > shown.size()) text += fmt::format(" and {} more", names.size() - shown.size());
  return text;
}

bool is_short(DType dtype) { return dtype == DType::kBFloat16 || dtype == DType::kFloat16; }

// What becomes of a task's trainable tensors.
struct TensorFates {
  std::size_t drawn = 0, in_short = 0;
  std::vector<std::string> kept;  // names, but for those of 16 bits
};

TensorFates fates_of(const Task& task) {
  TensorFates fates;
  const Model& model = *task.network.model;
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    if (!model.tensors[i].trainable) continue;
    if (task.network.starts[i].drawn())
      ++fates.drawn;
    else if (is_short(model.tensors[i].tensor.dtype))
      ++fates.in_short;
    else
      fates.kept.push_back(model.tensors[i].own_name);
  }
  return fates;
}

void note_task(const Task& task, GroupedNotes& notes) {
  const TensorFates fates = fates_of(task);
  const std::size_t all = fates.drawn + fates.in_short + fates.kept.size();
  if (fates.in_short > 0)
    notes.add(
        task.label,
        fmt::format("{} of {} keep their values, because in bfloat16 and "
                    "float16 fresh ones can't be told from slightly trained ones. Variants of "
                    "it have the very same; beside tasks that are drawn anew, they show numbers "
                    "of PyTorch's generator. A model that is built in float32 and trained with "
                    "precision = \"bf16\" is drawn anew.",
                    fates.in_short, counted(all, "trainable tensor")));
  if (fates.kept.empty()) return;
  if (fates.kept.size() == all)
    return notes.add(task.label,
                     "all tensors keep their values: nothing looks as torch.nn.init left it. "
                     "Variants of it start from the very same values, which fit its own rows "
                     "better than a guest's or other targets: that can be seen.");
  notes.add(task.label, fmt::format("{} of {} keep their values, which were trained or made "
                                    "by hand ({}). Variants of it have the very same; what was "
                                    "trained fits its own rows better than a guest's or other "
                                    "targets, and that can be seen.",
                                    fates.kept.size(), counted(all, "trainable tensor"),
                                    names_text(fates.kept)));
}

}  // namespace

std::vector<std::string> start_notes(std::span<const Task> given, StartPolicy policy) {
  if (policy == StartPolicy::kKeep)
    return {
        "All tensors keep their owner's values (--start keep). Numbers of PyTorch's generator can "
        "be recognised: beside tasks that it did not start, or that were trained, that tells which "
        "is which. Variants start from the very same values as their model."};
  std::vector<std::string> out;
  GroupedNotes notes;
  bool drawn = false;
  for (const Task& task : given) {
    for (const Start& start : task.network.starts) drawn = drawn || start.drawn();
    note_task(task, notes);
  }
  if (drawn)
    out.emplace_back(
        "Fresh initial values are drawn anew, for all tasks alike, because numbers of PyTorch's "
        "generator can be recognised: the start is what amalgam extract gives of the job's "
        "weights.safetensors.");
  for (std::string& note : notes.all()) out.push_back(std::move(note));
  return out;
}

}  // namespace amalgam
