#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/report.h"
#include "audit/report_templates.h"
#include "base/counted.h"
#include "base/html.h"

namespace amalgam {
namespace {

constexpr const char* kColours[] = {"#1565c0", "#c62828", "#2e7d32", "#6a1b9a",
                                    "#ef6c00", "#00838f", "#4e342e", "#546e7a"};
constexpr double kWide = 640, kHigh = 220, kMargin = 34;

const char* colour(std::size_t subnetwork) { return kColours[subnetwork % std::size(kColours)]; }

// Loss by step, a line for each sub-network.
std::string curves(const std::vector<OwnSubnetwork>& subnetworks) {
  double steps = 1, most = 1e-9;
  for (const OwnSubnetwork& sub : subnetworks)
    for (const auto& [step, loss] : sub.curve) {
      steps = std::max(steps, step);
      if (std::isfinite(loss)) most = std::max(most, loss);
    }
  std::string out = fmt::format(
      "<svg width='{0:.0f}' height='{1:.0f}' role='img' aria-label='training loss by step' "
      "font-size='12'><line x1='{2:.0f}' y1='{3:.0f}' x2='{0:.0f}' y2='{3:.0f}' stroke='#999'/>"
      "<line x1='{2:.0f}' y1='0' x2='{2:.0f}' y2='{3:.0f}' stroke='#999'/><text x='0' "
      "y='12'>{4:.2g}</text><text x='{2:.0f}' y='{1:.0f}'>0</text><text x='{0:.0f}' y='{1:.0f}' "
      "text-anchor='end'>{5:.0f} batches</text>",
      kWide, kHigh, kMargin, kHigh - 16, most, steps);
  for (std::size_t s = 0; s < subnetworks.size(); ++s) {
    std::string points;
    for (const auto& [step, loss] : subnetworks[s].curve)
      if (std::isfinite(loss))
        points += fmt::format("{:.1f},{:.1f} ", kMargin + (kWide - kMargin) * step / steps,
                              (kHigh - 16) * (1 - loss / most));
    out += fmt::format(
        "<polyline fill='none' stroke='{}' stroke-width='1.5' points='{}'/><text x='{:.0f}' "
        "y='{}' fill='{}' text-anchor='end'>sub-network {}</text>",
        colour(s), points, kWide - 4, 14 * (s + 1), colour(s), s);
  }
  return out + "</svg>";
}

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", 100 * *share) : "-";
}

std::string facts_row(std::size_t s, const char* where, const TrainingFacts& facts) {
  return fmt::format(
      "<tr><td>sub-network {}<br><small>{}</small></td><td class='number'>{:.3f} / "
      "{:.3f}</td><td class='number'>{} / {}<br><small>chance {}</small></td><td "
      "class='number'>{:.3f}</td><td class='number'>{:.3g}</td></tr>\n",
      s, where, facts.training.loss, facts.held_out.loss, percent(facts.training.accuracy),
      percent(facts.held_out.accuracy), percent(facts.held_out.chance), facts.moved,
      facts.gradient);
}

StreamSample shown_values(const StreamSample& like, const std::vector<std::vector<float>>& rows) {
  StreamSample sample = like;
  sample.rows = rows.size();
  sample.values.clear();
  for (const auto& row : rows) sample.values.insert(sample.values.end(), row.begin(), row.end());
  return sample;
}

// What was recovered from a gradient, and which positions matter.
std::string pictures(const AuditEvidence& evidence) {
  std::string out;
  for (std::size_t s = 0; s < evidence.subnetworks.size(); ++s) {
    const OwnSubnetwork& sub = evidence.subnetworks[s];
    const StreamSample& like = evidence.samples[s];
    std::string cells;
    if (sub.recovered.size() == like.width) {
      const std::string picture = stream_picture(shown_values(like, {sub.row, sub.recovered}));
      if (!picture.empty())
        cells += fmt::format(
            "<img alt='from a gradient' src='{}'><br><small>a row, and what its "
            "gradient gives back ({:.1f} dB)</small>",
            picture, sub.psnr);
    }
    cells += "</td><td>";
    if (sub.saliency.size() == like.width) {
      const std::string picture = stream_picture(shown_values(like, {sub.saliency}));
      if (!picture.empty())
        cells += fmt::format(
            "<img alt='saliency' src='{}'><br><small>which positions matter</small>", picture);
    }
    if (cells != "</td><td>")
      out += fmt::format("<tr><td>sub-network {}</td><td>{}</td></tr>\n", s, cells);
  }
  return out.empty() ? "" : "<table>" + out + "</table>";
}

}  // namespace

std::string training_part(const AuditEvidence& evidence) {
  const auto& subnetworks = evidence.subnetworks;
  if (subnetworks.empty()) return "";
  const bool trained = std::any_of(subnetworks.begin(), subnetworks.end(),
                                   [](const OwnSubnetwork& sub) { return !sub.curve.empty(); });
  std::string rows;
  for (std::size_t s = 0; s < subnetworks.size(); ++s) {
    if (subnetworks[s].own) rows += facts_row(s, "trained here", *subnetworks[s].own);
    if (subnetworks[s].file) rows += facts_row(s, "the trained file", *subnetworks[s].file);
  }
  return filled(report_training(),
                fmt::arg("curves", trained ? "<p>The job's own sub-networks, trained here by its "
                                             "own trainer.</p>" +
                                                 curves(subnetworks)
                                           : ""),
                fmt::arg("rows", rows), fmt::arg("pictures", pictures(evidence)));
}

std::string numberings_part(const AuditResult& result) {
  if (result.numberings.empty()) return "";
  std::string rows;
  for (const NumberingUndone& undone : result.numberings)
    rows += fmt::format(
        "<tr><td>sub-network {}</td><td>{:.0f} % of its tokens, by the frequencies of "
        "{}</td></tr>\n",
        undone.subnetwork, 100 * undone.share, escaped(undone.text));
  return filled(report_numberings(), fmt::arg("rows", rows));
}

std::string clusters_part(const AuditResult& result, const AuditEvidence& evidence) {
  if (result.clusters.empty()) return "";
  std::string rows;
  for (std::size_t c = 0; c < result.clusters.size(); ++c) {
    const ColumnCluster& cluster = result.clusters[c];
    rows += fmt::format(
        "<tr><td>{}<br><small>{} of them of the {} of sub-network {}</small></td><td>",
        counted(cluster.columns.size(), "column"), cluster.right, cluster.of, cluster.subnetwork);
    if (!evidence.groups[c].empty())
      rows += fmt::format("<img alt='recovered layout {}' src='{}'>", c, evidence.groups[c]);
    rows += "</td></tr>\n";
  }
  return filled(report_clusters(), fmt::arg("rows", rows));
}

}  // namespace amalgam
