#include "noise/classes.h"

#include <map>

#include "base/bytes.h"
#include "formats/class_counts.h"

namespace amalgam {

RowClasses rows_by_class(const Dataset& data) {
  RowClasses out;
  const std::uint64_t rows = data.rows();
  out.group_of.assign(rows, 0);
  const Field* labels = class_labels(data);
  std::map<std::int64_t, std::uint32_t> number;
  for (std::uint64_t row = 0; row < rows; ++row) {
    const std::int64_t label =
        labels ? load_le<std::int64_t>(labels->tensor.source->view(), 8 * row) : 0;
    const auto group =
        number.emplace(label, static_cast<std::uint32_t>(number.size())).first->second;
    if (group == out.groups.size()) out.groups.emplace_back();
    out.groups[group].push_back(row);
    out.group_of[row] = group;
  }
  return out;
}

Planes planes_of(const Field& field) {
  const Shape shape = field.sample_shape();
  if (shape.size() == 3) return {shape[0], shape[1], shape[2]};
  if (shape.size() == 2) return {1, shape[0], shape[1]};
  return {1, 1, field.width()};
}

}  // namespace amalgam
