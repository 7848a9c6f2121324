#include "audit/checks.h"

#include <algorithm>

#include "audit/differences.h"
#include "audit/specialness.h"
#include "audit/stream_habits.h"
#include "audit/tells.h"
#include "base/interrupt.h"
#include "key/plan_of_key.h"

namespace amalgam {
namespace {

// This share of a stream's rows is in another job where the stream is.
constexpr double kSameRows = 0.5;

void check_other_field(const CheckedJob& job, std::size_t view, TellList& out) {
  const JobStreams& streams = job.streams;
  const FailureInput input{job.job, streams.others[view], streams.networks, streams.facts,
                           streams.held_out};
  TellList found;
  // Other numbers are of all kinds; their ranges together say little.
  if (input.samples.front().kind != SampleKind::kVector) check_values(input, found);
  check_constants(input, found);
  for (Tell& tell : found) {
    tell.what += view_name(streams, view);
    out.push_back(std::move(tell));
  }
}

// What only a rule makes a failure of. Gives why it can't be told what drew the initial values.
std::string look_for_tells(const CheckedJob& job, const FailureInput& input, AuditResult& result) {
  TellList found;
  check_values(input, found);
  check_constants(input, found);
  for (std::size_t v = 0; v < job.streams.others.size(); ++v) check_other_field(job, v, found);
  check_links(input, found);
  check_questions(input, found);
  check_sizes(input, found);
  check_initial_values(input, found);
  std::string doubt = check_generator(input, found);
  check_chance(input, found);
  check_streams(input, job.threads, found);
  check_special(input, found);
  check_shared_values(input, found);
  check_recipes(input, found);
  check_outputs(input, found);
  check_published(input, found);
  if (std::none_of(found.begin(), found.end(),
                   [](const Tell& tell) { return tell.kind == "generator"; }))
    check_rounding(input, found);
  for (const auto& folder : job.earlier) {
    const JobView earlier(folder);
    const std::vector<double> shares = check_earlier(input, earlier, found);
    const bool same_rows = *std::min_element(shares.begin(), shares.end()) > kSameRows;
    check_earlier_values(input, earlier, same_rows, found);
  }
  judge(found, result);
  return doubt;
}

}  // namespace

void check_belongs(const JobView& job, const Key& key, FailureList& out) {
  if (key.tasks.size() != job.subnetworks().size() || key.size.rows != job.rows(false) ||
      key.size.held_out_rows != job.rows(true))
    throw Error(ErrorCode::kKey, job.folder().string(),
                "is not the job that this key was made with");
  if (manifest_digest(job.folder()) == key.job_digest) return;
  const Plan plan = streams_of_key(key);
  bool same = plan.streams.size() == job.subnetworks().size();
  for (std::size_t s = 0; same && s < plan.streams.size(); ++s) {
    std::vector<Positions> positions;
    for (const ViewedColumns& columns : job.subnetworks()[s].features)
      positions.push_back(columns.positions);
    same = reads(key, plan.streams[s], positions);
  }
  if (!same)
    throw Error(ErrorCode::kKey, job.folder().string(),
                "is not the job that this key was made with");
  out.push_back(
      {"changed", {}, "job.json is not as obfuscate wrote it", "send the job as it was made"});
}

std::string check_job(const CheckedJob& job, AuditResult& result) {
  FailureList& out = result.failures;
  const JobStreams& streams = job.streams;
  const FailureInput input{job.job, streams.samples, streams.networks, streams.facts,
                           streams.held_out};
  check_repeats(input, out);
  for (const Dataset& data : job.publics) check_public(input, data, out);
  for (const PublicTokens& text : job.texts) check_public_text(input, text, out);
  check_secrets(job.job, job.key, out);
  std::string doubt = look_for_tells(job, input, result);
  check_interrupted();
  return doubt;
}

}  // namespace amalgam
