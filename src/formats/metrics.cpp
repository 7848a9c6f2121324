#include "formats/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace amalgam {
namespace {

using enum MetricKind;

constexpr std::string_view kTopName = "top_";
constexpr std::uint64_t kMostTop = 1000;

constexpr std::array kMetrics = {
    MetricRow{"loss", kLoss, false},
    MetricRow{"accuracy", kAccuracy},
    MetricRow{"top_5", kTop},
    MetricRow{"mean_iou", kMeanIou},
    MetricRow{"f1", kF1},
    MetricRow{"perplexity", kPerplexity, false},
    MetricRow{kProgramMetric, kProgram},
};

// Whether each value says yes or no of something, with this loss.
bool of_many_labels(const LossRow& loss) {
  return loss.name == "bce" || loss.name == "bce_with_logits" ||
         loss.name == "multilabel_soft_margin";
}

}  // namespace

std::span<const MetricRow> metric_table() { return kMetrics; }

std::optional<std::uint64_t> top_of(std::string_view name) {
  if (!name.starts_with(kTopName)) return std::nullopt;
  name.remove_prefix(kTopName.size());
  std::uint64_t k = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), k);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  return whole && k >= 1 && k <= kMostTop && name.front() != '0' ? std::optional(k) : std::nullopt;
}

const MetricRow* find_metric(std::string_view name) {
  const bool top = top_of(name).has_value();
  const auto found = std::find_if(kMetrics.begin(), kMetrics.end(), [&](const MetricRow& row) {
    return row.name == name || (top && row.kind == kTop);
  });
  return found == kMetrics.end() ? nullptr : &*found;
}

const MetricRow& metric_row(std::string_view name) { return *find_metric(name); }

bool has_metric(const LossRow& loss, MetricKind kind) {
  if (kind == kLoss) return true;
  if (loss.targets == TargetKind::kModels) return false;
  if (kind == kProgram || loss.targets == TargetKind::kProgram) return true;
  if (kind == kPerplexity)
    return loss.targets == TargetKind::kOwnTokens || loss.name == "cross_entropy";
  return loss.targets == TargetKind::kClasses || (kind == kF1 && of_many_labels(loss));
}

}  // namespace amalgam
