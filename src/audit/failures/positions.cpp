#include <fmt/format.h>

#include <algorithm>

#include "audit/differences.h"

namespace amalgam {
namespace {

constexpr double kLeastConstant = 0.01;

}  // namespace

void check_constants(const FailureInput& input, TellList& out) {
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
  const bool text = input.samples[0].kind == SampleKind::kText;
  out.push_back({"constants", text ? all_but(streams, shares.size()) : streams,
                 fmt::format("{:.1f} % of the positions of {} never change",
                             100 * shares[streams[0]], streams_text(streams)),
                 "crop what is constant, or choose decoys of data that has such positions, too"});
}

void check_links(const FailureInput& input, TellList& out) {
  const std::size_t count = input.job.subnetworks().size();
  std::vector<std::size_t> streams;
  for (std::size_t s = 0; s < count; ++s)
    if (input.job.subnetworks()[s].receives > 0) streams.push_back(s);
  if (streams.empty()) return;
  out.push_back(
      {"links", all_but(streams, count),
       fmt::format("links end in {}: nothing that receives can be wanted, so it hides nothing",
                   streams_text(streams)),
       "leave --links out"});
}

}  // namespace amalgam
