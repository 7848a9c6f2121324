#include "audit/report.h"

namespace amalgam {

Json audit_json(const AuditResult& result, const AuditOptions& options,
                const std::vector<AttackScore>& scores) {
  Json failures = Json::array(), attacks = Json::array();
  for (const HardFailure& failure : result.failures)
    failures.push_back({{"kind", failure.kind},
                        {"subnetworks", failure.streams},
                        {"what", failure.what},
                        {"cure", failure.cure}});
  for (std::size_t i = 0; i < result.attacks.size(); ++i) {
    const AttackLine& line = result.attacks[i];
    attacks.push_back({{"name", line.name},
                       {"sees", line.sees},
                       {"access", line.access},
                       {"accuracy", line.accuracy},
                       {"chance", line.chance},
                       {"advantage", line.advantage},
                       {"interval", {line.low, line.high}},
                       {"k_eff", line.k_eff},
                       {"pick", line.pick},
                       {"confidence", line.confidence},
                       {"right", line.right},
                       {"hits", scores[i].hits}});
  }
  Json restoration;
  if (const auto& r = result.restoration)
    restoration = {{"columns", r->columns},
                   {"taken", r->taken},
                   {"right", r->right},
                   {"of", r->of},
                   {"subnetwork", r->subnetwork},
                   {"exact", r->exact()},
                   {"bits", r->bits},
                   {"bits_left", r->bits_left ? Json(*r->bits_left) : Json()}};
  return {{"format", 1},
          {"verdict", verdict_name(result.verdict)},
          {"reason", result.reason},
          {"subnetworks", result.subnetworks},
          {"wanted", result.wanted},
          {"k_eff", result.k_eff},
          {"bound", options.bound},
          {"games", result.games},
          {"scheme", result.scheme},
          {"surrogates", result.surrogates},
          {"hard_failures", failures},
          {"restoration", restoration},
          {"attacks", attacks}};
}

}  // namespace amalgam
