// Small datasets in memory.
#pragma once

#include "amalgam/dataset.h"
#include "values.h"

namespace amalgam {

// Rows of `width` numbers, without targets.
inline Dataset table_of(const std::vector<float>& values, std::uint64_t width) {
  Dataset data;
  data.add({"x", tensor_of(DType::kFloat32, values, Shape{values.size() / width, width}),
            Role::kFeature});
  return data;
}

inline void add_labels(Dataset& data, const std::vector<std::int64_t>& labels) {
  data.add({"y", tensor_of(DType::kInt64, labels), Role::kTarget});
}

inline std::vector<std::uint64_t> all_rows(const Dataset& data) {
  std::vector<std::uint64_t> rows(data.rows());
  for (std::size_t r = 0; r < rows.size(); ++r) rows[r] = r;
  return rows;
}

}  // namespace amalgam
