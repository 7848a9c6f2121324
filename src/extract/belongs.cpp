#include "extract/belongs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "amalgam/error.h"
#include "key/plan_of_key.h"
#include "weave/network.h"

namespace amalgam {
namespace {

// Of one sub-network, by field.
using AllPositions = std::vector<Positions>;

AllPositions found_positions(const std::map<std::string, const Tensor*>& tensors,
                             std::size_t subnetwork, std::size_t fields) {
  AllPositions all;
  for (std::size_t f = 0; f < fields; ++f) {
    const Tensor& tensor = *tensors.at(subnetwork_prefix(subnetwork) + positions_name(f));
    Positions positions(element_count(tensor.shape));
    tensor.source->read(0, std::as_writable_bytes(std::span(positions)));
    all.push_back(std::move(positions));
  }
  return all;
}

// The sub-network of this job whose positions these are.
std::optional<std::size_t> whose(const AllPositions& found, const Key& key, const Plan& plan) {
  const auto same = std::find_if(plan.streams.begin(), plan.streams.end(),
                                 [&](const Stream& stream) { return reads(key, stream, found); });
  if (same == plan.streams.end()) return std::nullopt;
  return static_cast<std::size_t>(same - plan.streams.begin());
}

}  // namespace

void check_job_of(const std::string& where, const std::map<std::string, std::string>& metadata,
                  const Key& key) {
  const auto job = metadata.find("job");
  if (job == metadata.end() || job->second == key.job_digest) return;
  throw Error(ErrorCode::kTrained, where,
              "was not made from this key's job: it says that it was made from another job.json; "
              "take the key that was written with that job");
}

void check_belongs(const std::string& where, const TrainedFile& trained, const Key& key) {
  Findings findings;
  std::map<std::string, const Tensor*> tensors;
  for (const NamedTensor& named : trained.tensors) tensors[named.name] = &named.tensor;
  const std::vector<Stream>& streams = trained.streams.streams;
  std::vector<std::string> foreign;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const AllPositions found = found_positions(tensors, s, features_of(key, streams[s]).size());
    if (reads(key, streams[s], found)) continue;
    if (const auto other = whose(found, key, trained.streams))
      findings.add(ErrorCode::kTrained, where,
                   fmt::format("its sub-networks are exchanged: sub-network {} has the positions "
                               "of sub-network {}",
                               s, *other));
    else
      foreign.push_back(fmt::format("sub-network {}", s));
  }
  if (!foreign.empty())
    findings.add(ErrorCode::kTrained, where,
                 fmt::format("was not made from this key's job: {} reads other positions than in "
                             "the job",
                             fmt::join(foreign, ", ")));
  findings.raise();
}

}  // namespace amalgam
