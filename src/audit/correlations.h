// Which columns of a job's samples go together, seen in the samples alone.
#pragma once

#include <vector>

#include "audit/job_view.h"

namespace amalgam {

struct ColumnNeighbours {
  static constexpr std::size_t kMost = 4;
  struct Neighbour {
    std::uint64_t column;
    float correlation;  // its absolute value
  };
  double deviation = 0;            // of the column's values
  std::vector<Neighbour> nearest;  // at most kMost, the strongest first
};

// By column of the tensor that the first sub-network reads, over at most 1,024 rows.
std::vector<ColumnNeighbours> column_neighbours(const JobView& job, unsigned threads);

// Of 1,024 independent pairs of values the correlation is above this once in 10^15.
constexpr float kCorrelates = 0.25F;

// Columns in `count` groups that correlate within: the largest first, columns ascending. Fewer
// where there are fewer. Columns that correlate with none are in no group.
std::vector<std::vector<std::uint64_t>> column_groups(const std::vector<ColumnNeighbours>& columns,
                                                      std::size_t count);

}  // namespace amalgam
