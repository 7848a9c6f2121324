// What the samples alone give away, without model.py: columns that are no noise, and which belong
// together.
#pragma once

#include <vector>

#include "amalgam/audit.h"
#include "audit/correlations.h"
#include "audit/job_view.h"
#include "audit/stream_sample.h"

namespace amalgam {

// Columns that correlate with another, or whose spread is not that of those that do not.
std::vector<std::uint64_t> natural_columns(const std::vector<ColumnNeighbours>& columns);

// How good that is, once the key says which sub-network is wanted.
Restoration match_columns(const JobView& job, const std::vector<std::uint64_t>& natural,
                          std::size_t wanted);

// How good groups of columns are: of each, the stream that most of its columns belong to.
std::vector<ColumnCluster> match_groups(const JobView& job,
                                        const std::vector<std::vector<std::uint64_t>>& groups);

// A group as the stream that it belongs to shows it: a few rows, with positions that were not found
// in the middle of their range.
StreamSample sample_cluster(const JobView& job, const ColumnCluster& cluster);

}  // namespace amalgam
