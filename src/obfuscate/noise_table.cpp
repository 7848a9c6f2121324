#include "obfuscate/noise_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

#include "base/bytes.h"
#include "base/counted.h"
#include "formats/class_counts.h"
#include "noise/generator.h"
#include "task/check.h"
#include "task/targets.h"

namespace amalgam {
namespace {

// Of the table's rows so many more may be in the job than of the job's rows come again.
constexpr double kShared = 0.05;
constexpr std::size_t kListed = 10;

std::size_t row_digest(const Dataset& data, std::uint64_t row) {
  std::string bytes;
  for (const Field& field : data.fields) {
    const std::uint64_t size = field.row_bytes();
    bytes += as_text(field.tensor.source->view().subspan(row * size, size));
  }
  return std::hash<std::string_view>()(bytes);
}

void check_rows_not_in(const Dataset& table, const std::string& label, const Dataset& data) {
  std::vector<std::size_t> digests(data.rows());
  for (std::uint64_t row = 0; row < digests.size(); ++row) digests[row] = row_digest(data, row);
  std::ranges::sort(digests);
  const auto count = [&](std::size_t digest) {
    const auto equal = std::ranges::equal_range(digests, digest);
    return static_cast<std::size_t>(equal.size());
  };
  const auto repeated = static_cast<double>(
      std::ranges::count_if(digests, [&](std::size_t digest) { return count(digest) > 1; }));
  std::uint64_t shared = 0;
  for (std::uint64_t row = 0; row < table.rows(); ++row)
    shared += count(row_digest(table, row)) > 0 ? 1 : 0;
  if (static_cast<double>(shared) / static_cast<double>(table.rows()) <=
      repeated / static_cast<double>(data.rows()) + kShared)
    return;
  throw Error(ErrorCode::kInvalid, table.where,
              fmt::format("{} of its {} {} also in {}, the data of task '{}', which are in "
                          "the job: decoys would resemble rows beside them; split rows off for "
                          "--noise copula, and leave them out of --data and --validation",
                          shared, counted(table.rows(), "row"), by_count(shared, "is", "are"),
                          data.where, label));
}

std::map<std::int64_t, std::uint64_t> rows_of_labels(const Dataset& data) {
  std::map<std::int64_t, std::uint64_t> counts;
  if (const Field* labels = class_labels(data))
    for (const std::int64_t label : view_as<std::int64_t>(labels->tensor.source->view()))
      ++counts[label];
  return counts;
}

void check_classes(const Dataset& table, const Dataset& data) {
  auto counts = rows_of_labels(table);
  std::vector<std::string> few;
  for (const auto& [label, rows] : rows_of_labels(data))
    if (counts[label] < kLeastCopulaRows)
      few.push_back(fmt::format("{} of class {}", counts[label], label));
  if (few.empty()) return;
  const std::size_t more = few.size() - std::min(few.size(), kListed);
  few.resize(std::min(few.size(), kListed));
  throw Error(
      ErrorCode::kInvalid, table.where,
      fmt::format("has too few rows: {}{}; --noise copula needs at least {} of each class "
                  "of {}",
                  fmt::join(few, ", "),
                  more > 0 ? fmt::format(" and {} more", counted(more, "class", "classes")) : "",
                  kLeastCopulaRows, data.where));
}

}  // namespace

std::shared_ptr<const Dataset> read_noise_table(const ObfuscateOptions& options, const Given& given,
                                                const std::string& path,
                                                const DatasetOptions& reading) {
  const Task& task = given.wanted[0];
  check_copula_fits(*task.data, task.tokens);
  TaskSettings settings = options.recipe.tasks[0];
  settings.arrays = task.data;
  settings.validation_arrays = nullptr;
  settings.validation = path;
  const TaskData read = load_data(settings, *task.network.model, reading, false);
  Findings findings;
  auto table =
      std::make_shared<const Dataset>(match_validation(*task.data, *read.validation, findings));
  findings.raise();
  check_labels(*table, task.network, task.classes, findings);
  findings.raise();
  check_classes(*table, *task.data);
  for (const auto* tasks : {&given.wanted, &given.guests})
    for (const Task& other : *tasks) {
      check_rows_not_in(*table, other.label, *other.data);
      if (other.validation) check_rows_not_in(*table, other.label, *other.validation);
    }
  for (const DataGuest& guest : given.on_data)
    for (const auto& data : {guest.data.training, guest.data.validation})
      if (data) check_rows_not_in(*table, "@" + guest.settings.data, *data);
  return table;
}

}  // namespace amalgam
