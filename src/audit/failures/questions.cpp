#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "audit/differences.h"
#include "base/counted.h"

namespace amalgam {
namespace {

// Sub-networks whose features are the same columns.
std::vector<std::vector<std::size_t>> same_features(const JobView& job) {
  using Columns = std::vector<std::pair<ColumnGroup, Positions>>;
  std::map<Columns, std::vector<std::size_t>> found;
  for (std::size_t s = 0; s < job.subnetworks().size(); ++s) {
    Columns columns;
    for (const ViewedColumns& field : job.subnetworks()[s].features)
      columns.emplace_back(field.group, field.positions);
    found[columns].push_back(s);
  }
  std::vector<std::vector<std::size_t>> several;
  for (auto& [columns, streams] : found)
    if (streams.size() > 1) several.push_back(std::move(streams));
  return several;
}

// What an analyst sees of its targets before anything is trained.
std::string question_of(const FailureInput& input, std::size_t s) {
  const StreamFacts& facts = input.facts[s];
  std::vector<std::string> parts;
  const auto add_classes = [&](const std::vector<std::int64_t>& labels) {
    if (labels.empty()) return;
    const auto sizes = class_sizes(labels);
    const double most = static_cast<double>(*std::max_element(sizes.begin(), sizes.end()));
    parts.push_back(fmt::format("{}, the largest with {:.1f} % of the rows",
                                counted(sizes.size(), "class", "classes"),
                                100 * most / static_cast<double>(labels.size())));
  };
  add_classes(facts.labels);
  for (const auto& labels : facts.more_labels) add_classes(labels);
  for (const FieldFacts& field : facts.targets) {
    double least = field.columns.front().least, most = field.columns.front().most;
    for (const ColumnFacts& column : field.columns)
      least = std::min(least, column.least), most = std::max(most, column.most);
    parts.push_back(fmt::format("numbers from {:g} to {:g}", least, most));
  }
  return fmt::format(
      "{}: {}", s,
      parts.empty() ? "targets of another kind" : fmt::format("{}", fmt::join(parts, "; ")));
}

}  // namespace

void check_questions(const FailureInput& input, TellList& out) {
  for (const std::vector<std::size_t>& streams : same_features(input.job)) {
    std::vector<std::string> questions;
    for (const std::size_t s : streams) questions.push_back(question_of(input, s));
    Tell tell{"same features", streams,
              fmt::format("{} read the same features and compare with different targets ({})",
                          streams_text(streams), fmt::join(questions, "; ")),
              ""};
    tell.ruled = false;
    tell.meaning =
        "nothing about the features tells which of them is wanted; what can is how their targets "
        "are balanced, rounded and learnt, and which question is worth asking";
    out.push_back(std::move(tell));
  }
}

}  // namespace amalgam
