#include "obfuscate/disguise.h"

#include <algorithm>

namespace amalgam {
namespace {

// Shared columns are read by several streams, each with numbers of its own.
bool has_own_columns(const Task& task) {
  return std::none_of(
      task.shape.fields.begin(), task.shape.fields.end(),
      [](const ColumnShape& columns) { return columns.borrowed > 0 || columns.scattered; });
}

void mark(Task& task) {
  task.network.vocabulary = task.vocabulary.tensors;
  for (const std::size_t field : task.tokens)
    task.shape.fields[field].vocabulary = task.vocabulary.size;
}

}  // namespace

bool numbers_tokens_anew(const std::vector<Task>& tasks) {
  return std::ranges::all_of(tasks, has_own_columns) &&
         std::ranges::any_of(tasks, [](const Task& task) {
           return task.vocabulary.why_not.empty() && task.vocabulary.exact;
         });
}

void mark_vocabularies(Disguise disguise, std::size_t wanted, std::vector<Task>& tasks) {
  if (disguise == Disguise::kNone) return;
  const bool asked = disguise == Disguise::kVocabulary;
  if (!std::all_of(tasks.begin(), tasks.end(), has_own_columns)) {
    if (asked)
      throw Error(ErrorCode::kUsage, "--disguise vocabulary",
                  "needs a whole stream for each decoy: leave --amount and --preset out");
    return;
  }
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    Task& task = tasks[t];
    if (!task.vocabulary.why_not.empty() && asked && t < wanted)
      throw Error(ErrorCode::kInvalid, "--disguise vocabulary",
                  "can't be applied to '" + task.label + "': " + task.vocabulary.why_not);
    if (task.vocabulary.why_not.empty() && (asked || task.vocabulary.exact)) mark(task);
  }
}

}  // namespace amalgam
