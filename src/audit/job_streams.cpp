#include "audit/job_streams.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/error.h"

namespace amalgam {
namespace {

// Rows of a stream that checks look at.
constexpr std::uint64_t kCheckRows = 1024;
// Fewer where rows are long.
constexpr std::uint64_t kMostValues = std::uint64_t{32} << 20, kLeastRows = 64;

// What all streams have beside their main features; a guest may have more, or less.
void add_others(JobStreams& streams, std::vector<StreamSample> views) {
  auto& others = streams.others;
  const bool first = streams.samples.size() == 1;
  if (first) others.resize(views.size());
  for (std::size_t v = 0; v < others.size(); ++v)
    if (v >= views.size() || (!first && views[v].kind != others[v].front().kind))
      others.resize(v);
    else
      others[v].push_back(std::move(views[v]));
}

}  // namespace

std::uint64_t rows_held(const JobView& job, std::uint64_t most) {
  std::uint64_t width = 1;
  for (const ViewedSubnetwork& sub : job.subnetworks()) {
    std::uint64_t own = 0;
    for (const ViewedColumns& field : sub.features) own += field.positions.size();
    width = std::max(width, own);
  }
  return std::min({most, job.rows(false), std::max(kLeastRows, kMostValues / width)});
}

JobStreams read_streams(const JobView& job, unsigned threads,
                        const std::function<void()>& advance) {
  JobStreams streams;
  streams.networks = view_networks(job);
  const std::uint64_t rows = rows_held(job, kCheckRows);
  if (rows == 0) throw Error(ErrorCode::kDamaged, job.folder().string(), "has no rows");
  for (std::size_t s = 0; s < job.subnetworks().size(); ++s) {
    streams.samples.push_back(sample_stream(job, s, false, first_rows(rows)));
    add_others(streams, sample_other_fields(job, s, first_rows(rows)));
    streams.facts.push_back(facts_of(job, s, false, threads));
    if (job.rows(true) > 0) streams.held_out.push_back(facts_of(job, s, true, threads));
    advance();
  }
  return streams;
}

std::string view_name(const JobStreams& streams, std::size_t view) {
  const SampleKind kind = streams.others[view].front().kind;
  return kind == SampleKind::kVector ? " (other numbers)"
                                     : fmt::format(" ({} {})", sample_kind_name(kind), view + 2);
}

}  // namespace amalgam
