#include "obfuscate/rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/limits.h"
#include "key/key.h"
#include "obfuscate/like.h"

namespace amalgam {
namespace {

// As many as the longest wanted task's validation data has; where none has any, as a guest's.
std::uint64_t most_held_out(std::span<const Task> tasks, std::size_t wanted) {
  std::uint64_t most = 0;
  for (const auto& some : {tasks.first(wanted), tasks.subspan(wanted)})
    if (most == 0)
      for (const Task& task : some) most = std::max(most, task.shape.held_out_rows);
  for (const Task& task : tasks)
    if (most > 0 && task.shape.held_out_rows == 0 && task.shape.rows < 2)
      throw Error(ErrorCode::kInvalid, task.data->where,
                  "has 1 row, and one would be set aside for validation, because another task "
                  "has validation data; give it two rows or more, or validation data of its own");
  return most;
}

// `own` are the rows that the longest wanted task has for training.
void check_rows(const ObfuscateOptions& options, std::uint64_t rows, const Task& longest,
                std::uint64_t own, std::uint64_t streams) {
  const std::string& where = longest.data->where;
  const std::uint64_t aside = longest.shape.rows - own;
  if (rows < 2 && options.rows)
    throw Error(ErrorCode::kUsage, "--rows",
                fmt::format("a job needs at least two rows, found {}", rows));
  if (rows < 2)
    throw Error(
        ErrorCode::kInvalid, where,
        fmt::format("has {}{}; training needs at least two", counted(longest.shape.rows, "row"),
                    aside > 0 ? fmt::format(", {} of them set aside for validation", aside) : ""));
  if (const Limit limit = row_numbers(streams); options.rows && rows > limit.most)
    throw Error(ErrorCode::kInvalid, "--rows",
                fmt::format("would be {}, and {}; {}, the longest data, has {}", rows, limit.text(),
                            where, counted(own, "row")));
}

}  // namespace

PlanSize decide_size(const ObfuscateOptions& options, std::span<const Task> tasks,
                     const TaskCounts& counts) {
  PlanSize size;
  size.links = options.like ? options.like->size.links : options.links.value_or(0);
  size.held_out_rows = most_held_out(tasks, counts.wanted);
  const auto left = [&](const Task& task) {  // for training, of those that a task has
    return task.shape.rows - rows_set_aside(task.shape, size.held_out_rows);
  };
  const auto wanted = tasks.first(counts.wanted);
  const Task& longest =
      *std::max_element(wanted.begin(), wanted.end(),
                        [&](const Task& a, const Task& b) { return left(a) < left(b); });
  if (options.like) check_held_out_like(*options.like, size.held_out_rows);
  const bool as_before = options.like && same_rows_like(*options.like, wanted);
  size.rows = options.rows.value_or(as_before ? options.like->size.rows : left(longest));
  check_rows(options, size.rows, longest, left(longest),
             counts.wanted + counts.guests + counts.generated);
  return size;
}

}  // namespace amalgam
