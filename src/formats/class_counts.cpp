#include "formats/class_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/bytes.h"
#include "base/counted.h"
#include "base/printable.h"

namespace amalgam {

const Field* class_labels(const Dataset& data) {
  for (const Field& field : data.targets())
    if (field.width() == 1 && field.tensor.dtype == DType::kInt64) return &field;
  return nullptr;
}

std::vector<std::uint64_t> count_classes(const Dataset& data) {
  std::vector<std::uint64_t> counts(data.classes.size());
  const Field* labels = class_labels(data);
  if (!labels) return counts;
  for (const std::int64_t label : view_as<std::int64_t>(labels->tensor.source->view()))
    if (label >= 0 && static_cast<std::uint64_t>(label) < counts.size())
      ++counts[static_cast<std::size_t>(label)];
  return counts;
}

std::string describe_classes(const Dataset& data) {
  static constexpr std::size_t kListed = 20;
  const std::vector<std::uint64_t> counts = count_classes(data);
  std::string text;
  for (std::size_t c = 0; c < std::min(counts.size(), kListed); ++c)
    text += fmt::format("{}{} '{}' ({})", c > 0 ? ", " : "", c, printable(data.classes[c]),
                        counted(counts[c], "row"));
  if (counts.size() > kListed) text += fmt::format(", and {} more", counts.size() - kListed);
  return text;
}

std::uint64_t unused_outputs(std::span<const std::int64_t> labels, std::uint64_t outputs) {
  constexpr double kAccident = 1e-3;
  const auto count = static_cast<double>(outputs), rows = static_cast<double>(labels.size());
  if (outputs < 2 || count * std::pow(1 - 1 / count, rows) > kAccident) return 0;
  std::vector<bool> named(outputs);
  for (const std::int64_t label : labels)
    if (label >= 0 && static_cast<std::uint64_t>(label) < outputs)
      named[static_cast<std::size_t>(label)] = true;
  return static_cast<std::uint64_t>(std::ranges::count(named, false));
}

}  // namespace amalgam
