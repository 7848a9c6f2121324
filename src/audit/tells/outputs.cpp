// Outputs that no label names.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "audit/differences.h"
#include "audit/tells.h"
#include "formats/class_counts.h"

namespace amalgam {

void check_outputs(const FailureInput& input, TellList& out) {
  std::vector<std::size_t> with;
  std::vector<std::string> counts;
  const auto& listed = input.job.manifest().subnetworks;
  for (std::size_t s = 0; s < listed.size(); ++s) {
    const std::uint64_t outputs = input.networks[s].outputs();
    const Json& recipe = listed[s].recipe;
    if (outputs == 0 || input.facts[s].labels.empty() ||
        recipe.value("loss", "") != "cross_entropy")
      return;
    const std::uint64_t unused = unused_outputs(input.facts[s].labels, outputs);
    if (unused == 0) continue;
    with.push_back(s);
    counts.push_back(fmt::format("{} of {}", unused, outputs));
  }
  if (with.empty() || with.size() == listed.size()) return;
  out.push_back(
      {"unused outputs", with,
       fmt::format("no label names some outputs of {} ({}), and each of the others",
                   streams_text(with), fmt::join(counts, ", ")),
       "give each model as many outputs as its labels have classes, or all of them more"});
}

}  // namespace amalgam
