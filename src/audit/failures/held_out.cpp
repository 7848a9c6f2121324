// What held-out rows give away: they are made, cut off and filled up as training rows are.
#include <fmt/format.h>

#include <algorithm>

#include "audit/differences.h"
#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// So many rows that one of them is no accident; and of them, the part that comes again.
constexpr std::uint64_t kLeastRows = 32;
constexpr double kMany = 0.01;

double share_repeated(const std::vector<std::uint64_t>& sorted) {
  std::uint64_t repeats = 0;
  for (std::size_t i = 1; i < sorted.size(); ++i) repeats += sorted[i] == sorted[i - 1] ? 1 : 0;
  return static_cast<double>(repeats) / static_cast<double>(sorted.size());
}

}  // namespace

void check_held_out(const FailureInput& input, TellList& out) {
  if (input.job.rows(true) < kLeastRows) return;
  std::vector<double> repeated, trained;
  std::vector<std::vector<std::uint64_t>> sizes;
  for (std::size_t s = 0; s < input.held_out.size(); ++s) {
    RowDigests rows = input.held_out[s].rows;
    std::sort(rows.begin(), rows.end());
    repeated.push_back(share_repeated(rows));
    RowDigests training = input.facts[s].rows;
    std::sort(training.begin(), training.end());
    trained.push_back(share_in(rows, training));
    sizes.push_back(class_sizes(input.held_out[s].labels));
  }
  if (const auto with = standing_out(repeated, kMany); !with.empty())
    out.push_back({"repeats", all_but(with, repeated.size()),
                   fmt::format("{:.1f} % of the held-out rows of {} come again, of the others "
                               "hardly any",
                               100 * repeated[with[0]], streams_text(with)),
                   "give every task as many rows of validation data as the longest has "
                   "(validation = \"FILE\" in its [[task]] or [[decoy]])"});
  // What obfuscate splits is never both.
  if (const auto with = standing_out(trained, kMany); !with.empty())
    out.push_back({"held-out rows", with,
                   fmt::format("{:.1f} % of the held-out rows of {} are training rows, too, of the "
                               "others hardly any",
                               100 * trained[with[0]], streams_text(with)),
                   "leave rows that are trained on out of validation data"});
  check_sizes_of_classes(sizes, " among held-out rows", out);
  check_further_targets(input.held_out, " among held-out rows", out);
}

}  // namespace amalgam
