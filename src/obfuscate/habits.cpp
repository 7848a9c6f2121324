#include "obfuscate/habits.h"

#include <algorithm>
#include <unordered_set>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "formats/class_counts.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRowsAtOnce = 4096;

}  // namespace

std::optional<bool> balanced(const Dataset& data, RowNumbers rows) {
  const Field* labels = class_labels(data);
  if (!labels) return std::nullopt;
  const auto values = view_as<std::int64_t>(labels->tensor.source->view());
  std::map<std::int64_t, std::uint64_t> counts;
  for (const std::uint64_t row : rows) ++counts[values[row]];
  if (counts.size() < 2) return std::nullopt;
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), less);
  return most->second - least->second <= 1;
}

const std::vector<std::uint64_t>& RowKeys::of(const Dataset& data) {
  const auto [found, is_new] = known_.try_emplace(&data);
  std::vector<std::uint64_t>& keys = found->second;
  if (!is_new) return keys;
  keys.resize(data.rows());
  parallel_blocks(0, (keys.size() + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::uint64_t block) {
    const std::uint64_t first = block * kRowsAtOnce;
    const std::uint64_t last = std::min<std::uint64_t>(keys.size(), first + kRowsAtOnce);
    for (std::uint64_t row = first; row < last; ++row) {
      Blake2b hash;
      for (const Field& field : data.features())
        hash.update(
            field.tensor.source->view().subspan(row * field.row_bytes(), field.row_bytes()));
      keys[row] = load_le<std::uint64_t>(hash.finish());
    }
  });
  return keys;
}

std::uint64_t repeats(const std::vector<std::uint64_t>& keys, RowNumbers rows) {
  std::unordered_set<std::uint64_t> seen;
  for (const std::uint64_t row : rows) seen.insert(keys[row]);
  return rows.size() - seen.size();
}

}  // namespace amalgam
