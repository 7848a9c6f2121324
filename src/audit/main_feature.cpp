#include "audit/main_feature.h"

#include <algorithm>
#include <set>

#include "audit/numbers.h"

namespace amalgam {

bool says_much(const FeatureRows& feature) {
  const std::size_t row_bytes = feature.width * dtype_size(feature.dtype);
  if (row_bytes == 0) return false;
  std::vector<double> values(feature.bytes.size() / dtype_size(feature.dtype));
  load_numbers(feature.dtype, feature.bytes, values);
  const Bytes bytes = feature.bytes;
  bool differ = false;
  for (std::size_t at = row_bytes; at + row_bytes <= bytes.size() && !differ; at += row_bytes)
    differ = !std::ranges::equal(bytes.subspan(at, row_bytes), bytes.first(row_bytes));
  return differ && std::set<double>(values.begin(), values.end()).size() > 2;
}

std::size_t main_feature(const std::vector<FeatureRows>& features) {
  std::vector<std::pair<bool, std::uint64_t>> order;
  for (const FeatureRows& feature : features) order.emplace_back(says_much(feature), feature.width);
  return static_cast<std::size_t>(std::max_element(order.begin(), order.end()) - order.begin());
}

const Field& main_feature(const Dataset& data) {
  const auto fields = data.features();
  if (fields.size() == 1) return fields.front();
  std::vector<FeatureRows> features;
  for (const Field& field : fields) {
    FeatureRows rows{field.tensor.dtype, field.width(), {}};
    rows.bytes.resize(std::min(kDecidingRows, field.rows()) * field.row_bytes());
    field.tensor.source->read(0, rows.bytes);
    features.push_back(std::move(rows));
  }
  return fields[main_feature(features)];
}

}  // namespace amalgam
