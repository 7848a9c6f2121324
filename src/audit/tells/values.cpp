// Values that are shared: among the sub-networks of a job, and with earlier jobs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "audit/tells.h"
#include "base/counted.h"
#include "base/interrupt.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

using Digests = std::set<std::string>;
using Streams = std::vector<std::size_t>;

constexpr const char* kOtherArchitecture =
    "what shares no values is of another architecture, which is seen anyway";

// Of parameters, by sub-network.
std::vector<Digests> digests_of(const std::vector<ViewedNetwork>& networks) {
  std::vector<Digests> all;
  for (const ViewedNetwork& network : networks) {
    check_interrupted();
    Digests& digests = all.emplace_back();
    for (const ViewedTensor& tensor : network.tensors)
      if (const auto digest = tensor.parameter ? value_digest(*tensor.values) : std::nullopt)
        digests.insert(*digest);
  }
  return all;
}

std::size_t common(const Digests& a, const Digests& b) {
  return static_cast<std::size_t>(
      std::count_if(a.begin(), a.end(), [&](const auto& digest) { return b.count(digest) > 0; }));
}

bool has(const Streams& streams, std::size_t s) {
  return std::find(streams.begin(), streams.end(), s) != streams.end();
}

// Whether one of the others could have been among them: it is a network of the same kind.
bool others_of_their_kind(const FailureInput& input, const Streams& streams) {
  const auto kinds = kinds_of(input.networks);
  for (std::size_t s = 0; s < kinds.size(); ++s)
    for (const std::size_t own : streams)
      if (!has(streams, s) && kinds[s] == kinds[own]) return true;
  return false;
}

// Of all float tensors in a job's start and in what its training left, by what they are.
struct Earlier {
  Digests start, trained;
};

void add_values(const std::vector<NamedTensor>& tensors, Digests& to) {
  for (const NamedTensor& named : tensors) {
    check_interrupted();
    if (const auto digest = value_digest(named.tensor)) to.insert(*digest);
  }
}

Earlier earlier_values(const JobView& job) {
  Earlier earlier;
  add_values(job.weights(), earlier.start);
  const fs::path result = job.folder() / "result";
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(result, none))
    if (entry.is_regular_file() && entry.path().extension() == ".safetensors")
      add_values(read_safetensors(entry.path()), earlier.trained);
  // What was never trained is in both.
  for (const std::string& digest : earlier.start) earlier.trained.erase(digest);
  return earlier;
}

Streams sharing(const std::vector<Digests>& own, const Digests& with) {
  Streams streams;
  for (std::size_t s = 0; s < own.size(); ++s)
    if (common(own[s], with) > 0) streams.push_back(s);
  return streams;
}

bool some(const Streams& streams, std::size_t of) {
  return !streams.empty() && streams.size() < of;
}

}  // namespace

void check_shared_values(const FailureInput& input, TellList& out) {
  const std::vector<Digests> own = digests_of(input.networks);
  Streams streams;
  std::size_t most = 0;
  for (std::size_t s = 0; s < own.size(); ++s) {
    std::size_t with_others = 0;
    for (std::size_t t = 0; t < own.size(); ++t)
      if (t != s) with_others = std::max(with_others, common(own[s], own[t]));
    if (with_others > 0) streams.push_back(s);
    most = std::max(most, with_others);
  }
  if (!some(streams, own.size())) return;
  out.push_back({"shared values", streams,
                 fmt::format("{} have {} of the very same values, the others share none",
                             streams_text(streams), counted(most, "tensor")),
                 "leave --start keep out, or take guests whose models went on from the same values",
                 others_of_their_kind(input, streams), kOtherArchitecture});
}

void check_earlier_values(const FailureInput& input, const JobView& job, bool same_rows,
                          TellList& out) {
  const std::vector<Digests> own = digests_of(input.networks);
  const Earlier earlier = earlier_values(job);
  const std::string name = job.folder().filename().string();
  const std::string cure = "continue all of its tasks or none, with --like and its key";
  if (const Streams going_on = sharing(own, earlier.trained); some(going_on, own.size()))
    return out.push_back({"earlier job", going_on,
                          fmt::format("{} start from values that the training of {} left, the "
                                      "others do not",
                                      streams_text(going_on), name),
                          cure, true, ""});
  const Streams again = sharing(own, earlier.start);
  if (!some(again, own.size())) return;
  if (!same_rows)
    return out.push_back({"earlier job", again,
                          fmt::format("{} start from values that {} started from as well, the "
                                      "others do not",
                                      streams_text(again), name),
                          cure, true, ""});
  Streams anew;
  for (std::size_t s = 0; s < own.size(); ++s)
    if (!has(again, s)) anew.push_back(s);
  out.push_back({"earlier job", anew,
                 fmt::format("{} start from other values than in {}, whose rows they read again, "
                             "the others from the same",
                             streams_text(anew), name),
                 cure, true, ""});
}

}  // namespace amalgam
