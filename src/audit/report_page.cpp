#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "audit/report.h"

namespace amalgam {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Amalgam audit</title>
<link rel="icon" href="data:,">
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222 }
.verdict { padding: .6em 1em; border-radius: .4em; color: #fff; font-size: 1.3em }
.pass { background: #2e7d32 } .fail { background: #b3261e } .inconclusive { background: #8a6d00 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #ddd; vertical-align: top }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
img { image-rendering: pixelated; max-width: 100%; height: 64px } small { color: #666 } svg { display: block }
</style></head><body>
)";

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

std::string failures_part(const AuditResult& result) {
  std::string out = "<h2>Hard failures</h2>";
  if (result.failures.empty()) return out + "<p>None of those that the audit looks for.</p>";
  out += "<table><tr><th>kind</th><th>what was found</th><th>what to do</th></tr>";
  for (const HardFailure& failure : result.failures)
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", escaped(failure.kind),
                       escaped(failure.what), escaped(failure.cure));
  return out + "</table>";
}

std::string streams_part(const AuditResult& result, const std::vector<StreamSample>& samples) {
  std::string out = "<h2>What the cloud sees</h2><table>";
  for (std::size_t s = 0; s < samples.size(); ++s) {
    const std::string picture = stream_picture(samples[s]);
    const std::string shown =
        picture.empty()
            ? fmt::format("{} of {} values", sample_kind_name(samples[s].kind), samples[s].width)
            : fmt::format("<img alt='samples of sub-network {}' src='{}'>", s, picture);
    out += fmt::format("<tr><td>sub-network {}<br><small>{}</small></td><td>{}</td></tr>\n", s,
                       is_wanted(result, s) ? "wanted, says the key" : "decoy", shown);
  }
  return out + "</table>";
}

std::string restoration_part(const AuditResult& result, const std::string& picture) {
  if (!result.restoration) return "";
  const Restoration& r = *result.restoration;
  std::string out = fmt::format(
      "<h2>Restored from the samples alone</h2><p>Without model.py, an analyst who takes away the "
      "columns that look like noise keeps {} of {}; {} of the wanted one's {} are among them: "
      "{}.</p>",
      r.taken, r.columns, r.right, r.of,
      r.exact() ? "the user's samples, exactly" : "not the user's samples alone");
  out += fmt::format(
      "<p>By brute force, which the paper counts, {:.0f} bits would have to be guessed", r.bits);
  out += r.bits_left ? fmt::format("; with correlations {:.0f}.</p>", std::abs(*r.bits_left))
                     : std::string(".</p>");
  if (!picture.empty()) out += fmt::format("<img alt='restored samples' src='{}'>", picture);
  return out;
}

std::string attacks_part(const AuditResult& result, const AuditOptions& options) {
  std::string out = fmt::format(
      "<h2>Attackers</h2><p>The game: {} surrogate jobs of the scheme <em>{}</em>, of {}. The "
      "adversary sees the job's files; a calibrated one also has this program and knows the "
      "scheme. Advantage 0 is chance, 1 is always found; intervals hold at 95 % for all attackers "
      "together. The dashed line is the bound, {:g}.</p>",
      result.games, escaped(result.scheme), escaped(result.surrogates), options.bound);
  if (result.attacks.empty()) return out + "<p>No games were played.</p>";
  out +=
      "<table><tr><th>attacker</th><th>found / chance</th><th>advantage</th><th></th><th>K_eff"
      "</th><th>its pick here</th></tr>";
  for (const AttackLine& line : result.attacks)
    out += fmt::format(
        "<tr><td>{}<br><small>{}; has {}</small></td><td class='number'>{:.2f} / {:.2f}</td><td "
        "class='number'>{:.2f}<br><small>[{:.2f}, {:.2f}]</small></td><td>{}</td><td "
        "class='number'>{:.2f}</td><td>sub-network {} ({:.0f} %), {}</td></tr>\n",
        escaped(line.name), escaped(line.sees), escaped(line.access), line.accuracy, line.chance,
        line.advantage, line.low, line.high, whisker(line, options.bound), line.k_eff, line.pick,
        100 * line.confidence, line.right ? "right" : "wrong");
  return out + "</table>";
}

std::string next_part(const AuditResult& result, double bound) {
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
  if (result.verdict == Verdict::kPass) steps.insert("send the job, and keep the key at home");
  std::string out = "<h2>What to do next</h2><ul>";
  for (const std::string& step : steps) out += "<li>" + escaped(step) + "</li>";
  return out +
         "</ul><p>Generated decoys stop a glance, not an analyst. Real, learnable, unpublished "
         "data, one source for each decoy, or several tasks of your own, did not fall to these "
         "attackers; a stronger one may succeed, and what the cloud knows of you is in no game. A "
         "pass is never encryption.</p>";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string audit_page(const AuditResult& result, const AuditOptions& options,
                       const AuditEvidence& evidence) {
  std::string out = kHead;
  out += fmt::format("<h1>Audit of a job</h1><p class='verdict {0}'><b>{0}</b>: {1}</p>",
                     verdict_name(result.verdict), escaped(result.reason));
  out += failures_part(result) + streams_part(result, evidence.samples) +
         restoration_part(result, evidence.restored) + clusters_part(result, evidence) +
         numberings_part(result) + attacks_part(result, options) + training_part(evidence);
  out += next_part(result, options.bound) + "</body></html>\n";
  return out;
}

}  // namespace amalgam
