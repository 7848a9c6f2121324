#include <fmt/format.h>

#include <algorithm>

#include "audit/failure.h"

namespace amalgam {
namespace {

constexpr double kLeastConstant = 0.01;

}  // namespace

void check_constants(const FailureInput& input, FailureList& out) {
  std::vector<double> shares;
  for (const StreamSample& sample : input.samples) {
    double constant = 0;
    for (std::uint64_t i = 0; i < sample.width; ++i) {
      bool same = true;
      for (std::uint64_t r = 1; r < sample.rows && same; ++r)
        same = sample.values[r * sample.width + i] == sample.values[i];
      constant += same;
    }
    shares.push_back(constant / static_cast<double>(sample.width));
  }
  const auto streams = standing_out(shares, kLeastConstant);
  if (streams.empty()) return;
  out.push_back({"constants", streams,
                 fmt::format("{:.1f} % of the positions of {} never change",
                             100 * shares[streams[0]], streams_text(streams)),
                 "crop what is constant, or choose decoys of data that has such positions, too"});
}

void check_links(const FailureInput& input, FailureList& out) {
  std::vector<std::size_t> streams;
  for (std::size_t s = 0; s < input.job.subnetworks().size(); ++s)
    if (input.job.subnetworks()[s].receives > 0) streams.push_back(s);
  if (streams.empty()) return;
  out.push_back(
      {"links", streams,
       fmt::format("links end in {}: nothing that receives can be wanted, so it hides nothing",
                   streams_text(streams)),
       "leave --links out"});
}

}  // namespace amalgam
