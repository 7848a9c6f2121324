#include "extract/belongs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "amalgam/error.h"
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

// What the key's plan says of them, by sub-network.
std::vector<AllPositions> drawn_positions(const Plan& plan, const Key& key) {
  std::vector<AllPositions> all;
  for (const Stream& stream : plan.streams) {
    const std::size_t features = key.tasks[stream.task].shape.feature_count();
    AllPositions& own = all.emplace_back();
    for (std::size_t f = 0; f < features; ++f) own.push_back(stream.fields[f].positions);
  }
  return all;
}

// The sub-network of this job whose positions these are.
std::optional<std::size_t> whose(const AllPositions& found,
                                 const std::vector<AllPositions>& drawn) {
  const auto same = std::find(drawn.begin(), drawn.end(), found);
  if (same == drawn.end()) return std::nullopt;
  return static_cast<std::size_t>(same - drawn.begin());
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
  const std::vector<AllPositions> drawn = drawn_positions(trained.streams, key);
  std::vector<std::string> foreign;
  for (std::size_t s = 0; s < drawn.size(); ++s) {
    const AllPositions found = found_positions(tensors, s, drawn[s].size());
    if (found == drawn[s]) continue;
    if (const auto other = whose(found, drawn))
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
