#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "audit/report.h"
#include "audit/report_templates.h"
#include "base/counted.h"
#include "base/html.h"

namespace amalgam {
namespace {

bool is_wanted(const AuditResult& result, std::size_t stream) {
  return std::find(result.wanted.begin(), result.wanted.end(), stream) != result.wanted.end();
}

// The interval on a line from -1 to 1, with chance in the middle and the bound marked.
std::string whisker(const AttackLine& line, double bound) {
  const auto x = [](double v) { return 80 + 75 * std::clamp(v, -1.0, 1.0); };
  return fmt::format(
      "<svg width='160' height='16' role='img' aria-label='{:.2f}'><line x1='80' x2='80' y1='0' "
      "y2='16' "
      "stroke='#999'/><line x1='{:.0f}' x2='{:.0f}' y1='0' y2='16' stroke='#b3261e' "
      "stroke-dasharray='2'/><line x1='{:.1f}' x2='{:.1f}' y1='8' y2='8' stroke='#222' "
      "stroke-width='2'/><circle cx='{:.1f}' cy='8' r='4' fill='#222'/></svg>",
      line.advantage, x(bound), x(bound), x(line.low), x(line.high), x(line.advantage));
}

std::string failures_table(const AuditResult& result) {
  if (result.failures.empty()) return "<p>None of those that the audit looks for.</p>";
  std::string rows;
  for (const HardFailure& failure : result.failures)
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", escaped(failure.kind),
                        escaped(failure.what), escaped(failure.cure));
  return filled(report_failures(), fmt::arg("rows", rows));
}

std::string stream_rows(const AuditResult& result, const std::vector<StreamSample>& samples) {
  std::string out;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const std::string picture = stream_picture(samples[s]);
    const std::string shown =
        picture.empty() ? fmt::format("{} of {}", sample_kind_name(samples[s].kind),
                                      counted(samples[s].width, "value"))
                        : fmt::format("<img alt='samples of sub-network {}' src='{}'>", s, picture);
    out += fmt::format("<tr><td>sub-network {}<br><small>{}</small></td><td>{}</td></tr>\n", s,
                       is_wanted(result, s) ? "wanted, says the key" : "decoy", shown);
  }
  return out;
}

std::string restoration_part(const AuditResult& result, const std::string& picture) {
  if (!result.restoration) return "";
  const Restoration& r = *result.restoration;
  return filled(
      report_restoration(), fmt::arg("taken", r.taken), fmt::arg("columns", r.columns),
      fmt::arg("right", r.right), fmt::arg("of", r.of),
      fmt::arg("whose", r.exact() ? "the user's samples, exactly" : "not the user's samples alone"),
      fmt::arg("bits", r.bits),
      fmt::arg(
          "with_correlations",
          r.bits_left ? fmt::format("; with correlations {:.0f}", std::abs(*r.bits_left)) : ""),
      fmt::arg("picture", picture.empty()
                              ? ""
                              : fmt::format("<img alt='restored samples' src='{}'>", picture)));
}

std::string attackers_table(const AuditResult& result, double bound) {
  if (result.attacks.empty()) return "<p>No games were played.</p>";
  std::string rows;
  for (const AttackLine& line : result.attacks)
    rows += fmt::format(
        "<tr><td>{}<br><small>{}; has {}</small></td><td class='number'>{:.2f} / {:.2f}</td><td "
        "class='number'>{:.2f}<br><small>[{:.2f}, {:.2f}]</small></td><td>{}</td><td "
        "class='number'>{:.2f}<br><small>of {}</small></td><td "
        "class='number'>{:.2f}</td><td>sub-network {} ({:.0f} %), {}</td></tr>\n",
        escaped(line.name), escaped(line.sees), escaped(line.access), line.accuracy, line.chance,
        line.advantage, line.low, line.high, whisker(line, bound), line.surest, line.surest_games,
        line.k_eff, line.pick, 100 * line.confidence, line.right ? "right" : "wrong");
  return filled(report_attackers(), fmt::arg("rows", rows));
}

std::string surrogates_text(const AuditResult& result, const AuditEvidence& evidence) {
  const std::string text = escaped(result.surrogates);
  return evidence.surrogate_digest.empty()
             ? text
             : fmt::format("{} (BLAKE2b <code>{}</code>)", text, evidence.surrogate_digest);
}

std::string next_steps(const AuditResult& result, double bound) {
  std::set<std::string> steps;
  for (const HardFailure& failure : result.failures) steps.insert(failure.cure);
  if (result.verdict == Verdict::kInconclusive)
    steps.insert(
        "play more games (--games), or give other data of the job's kind to calibrate on "
        "(--surrogate)");
  const bool told_apart =
      result.verdict == Verdict::kFail && result.k_eff > 0 && result.attacks.front().low > bound;
  if (told_apart || (result.verdict == Verdict::kFail && result.subnetworks == 1))
    steps.insert(
        "hide the task among real ones: several tasks of your own, or guests with data that can be "
        "learned and that nobody has published, one source for each (--decoy MODEL.pt2@DATA)");
  for (const PriorRanking& ranking : result.priors)
    if (ranking.sure && ranking.right)
      steps.insert(
          "hide the task among others of its kind: several tasks of your own, or guests with data "
          "of "
          "the same kind from other sources");
  if (result.verdict == Verdict::kPass && result.priors.empty() &&
      result.subnetworks > result.wanted.size())
    steps.insert("see what a cloud finds that knows what you do (--prior DATA)");
  if (result.verdict == Verdict::kPass) steps.insert("send the job, and keep the key at home");
  std::string out;
  for (const std::string& step : steps) out += "<li>" + escaped(step) + "</li>";
  return out;
}

}  // namespace

std::string audit_page(const AuditResult& result, const AuditOptions& options,
                       const AuditEvidence& evidence) {
  const std::string body = filled(
      report_body(), fmt::arg("verdict", verdict_name(result.verdict)),
      fmt::arg("headline", escaped(result.headline)), fmt::arg("command", escaped(result.command)),
      fmt::arg("priors", priors_part(result)), fmt::arg("reason", escaped(result.reason)),
      fmt::arg("failures", failures_table(result)), fmt::arg("notes", notes_part(result)),
      fmt::arg("streams", stream_rows(result, evidence.samples)),
      fmt::arg("restoration", restoration_part(result, evidence.restored)),
      fmt::arg("clusters", clusters_part(result, evidence)),
      fmt::arg("numberings", numberings_part(result)), fmt::arg("games", result.games),
      fmt::arg("scheme", escaped(result.scheme)),
      fmt::arg("surrogates", surrogates_text(result, evidence)), fmt::arg("bound", options.bound),
      fmt::arg("attackers", attackers_table(result, options.bound)),
      fmt::arg("training", training_part(evidence)),
      fmt::arg("steps", next_steps(result, options.bound)));
  return fmt::format(fmt::runtime(report_page()), fmt::arg("style", report_style()),
                     fmt::arg("body", body));
}

}  // namespace amalgam
