#include <algorithm>

#include "audit/report.h"
#include "audit/report_templates.h"
#include "base/html.h"

namespace amalgam {
namespace {

std::string found_by(const PriorRanking& ranking) {
  const std::size_t first = ranking.streams.front().subnetwork;
  if (!ranking.resembles) return "they are like none of the streams";
  if (!ranking.sure)
    return fmt::format("they are most like sub-network {}, but not surely (p = {:.2g})", first,
                       ranking.p);
  return fmt::format("they name sub-network {} surely (p = {:.1g}), and are {}", first, ranking.p,
                     ranking.right ? "right" : "wrong");
}

}  // namespace

std::string priors_part(const AuditResult& result) {
  if (result.priors.empty())
    return "<p>Not asked. A cloud that knows what its customer does has samples of that kind: "
           "<code>--prior DATA</code> shows what it finds with them.</p>";
  std::string out;
  for (const PriorRanking& ranking : result.priors) {
    std::string rows;
    for (const PriorStream& stream : ranking.streams) {
      const bool wanted =
          std::count(result.wanted.begin(), result.wanted.end(), stream.subnetwork) > 0;
      const std::string told = stream.unlike.empty()
                                   ? fmt::format("{:.2f}<br><small>[{:.2f}, {:.2f}]</small>",
                                                 stream.auc, stream.low, stream.high)
                                   : "always: they are " + escaped(stream.unlike);
      rows += fmt::format("<tr><td>sub-network {}</td><td>{}</td><td class='number'>{}</td></tr>\n",
                          stream.subnetwork, wanted ? "wanted, says the key" : "decoy", told);
    }
    out += filled(report_prior(), fmt::arg("samples", ranking.samples),
                  fmt::arg("data", escaped(ranking.data)), fmt::arg("found", found_by(ranking)),
                  fmt::arg("rows", rows));
  }
  return out +
         "<p>AUC .5: a classifier does not tell the samples from that stream's; 1: always.</p>";
}

}  // namespace amalgam
