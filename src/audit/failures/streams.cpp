#include "audit/stream_habits.h"

namespace amalgam {

void check_streams(const FailureInput& input, unsigned threads, TellList& out) {
  if (input.samples.size() < 2) return;
  check_scaling(input, out);
  check_row_scaling(input, out);
  check_class_sizes(input, out);
  check_few_repeats(input, out);
  check_held_out(input, out);
  check_copies(input, threads, out);
  check_easy_neighbours(input, out);
  check_label_noise(input, out);
  check_resized(input, out);
  check_lengths(input, out);
  StatisticTable table;
  add_stream_statistics(input, table);
  const std::vector<std::size_t> alike(input.samples.size(), 0);
  for (Tell& tell : special_ones(table, "streams", alike)) out.push_back(std::move(tell));
}

}  // namespace amalgam
