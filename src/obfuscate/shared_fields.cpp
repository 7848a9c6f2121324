#include "obfuscate/shared_fields.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/hash.h"

namespace amalgam {
namespace {

// Tasks that may have fields in common: those whose rows come in one order, and are as many.
using Rows = std::tuple<std::string, std::uint64_t, std::uint64_t>;
// What a field is: its columns, the vocabulary of its tokens, and all of its values.
using Content = std::tuple<ColumnGroup, std::uint64_t, std::uint64_t, std::uint64_t, std::string>;

void hash_rows(Blake2b& hash, const RowSource& rows, std::size_t field,
               const ColumnShape& columns) {
  std::vector<std::byte> scratch(columns.width * dtype_size(columns.dtype));
  for (std::uint64_t row = 0; row < rows.rows(); ++row) hash.update(rows.read(field, row, scratch));
}

Content content_of(const Task& task, std::size_t field) {
  const ColumnShape& columns = task.shape.fields[field];
  Blake2b hash;
  hash_rows(hash, *task.rows.training, field, columns);
  if (task.rows.held_out) hash_rows(hash, *task.rows.held_out, field, columns);
  return {columns.group(), columns.width, columns.vocabulary,
          columns.vocabulary > 0 ? task.shape.vocabulary() : 0, to_hex(hash.finish())};
}

bool has_own_columns(const ColumnShape& columns) {
  return columns.borrowed == 0 && !columns.scattered;
}

}  // namespace

void share_fields(std::span<Task> tasks) {
  std::map<Rows, std::vector<Task*>> by_rows;
  for (Task& task : tasks)
    if (!task.shape.row_order.empty())
      by_rows[{task.shape.row_order, task.shape.rows, task.shape.held_out_rows}].push_back(&task);
  std::uint64_t number = 0;
  for (const auto& [rows, alike] : by_rows) {
    if (alike.size() < 2) continue;
    std::map<Content, std::vector<ColumnShape*>> by_content;
    for (Task* task : alike)
      for (std::size_t f = 0; f < task->shape.fields.size(); ++f)
        if (ColumnShape& columns = task->shape.fields[f]; has_own_columns(columns))
          by_content[content_of(*task, f)].push_back(&columns);
    for (const auto& [content, fields] : by_content) {
      if (fields.size() < 2) continue;
      ++number;
      for (ColumnShape* columns : fields) columns->shared = number;
    }
  }
}

}  // namespace amalgam
