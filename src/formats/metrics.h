// The table of metrics by which epochs are compared: numerators and denominators, summed over the
// rows, and what is made of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "amalgam/recipe.h"
#include "formats/losses.h"

namespace amalgam {

enum class MetricKind {
  kLoss,        // the loss itself
  kAccuracy,    // class numbers that have the highest score
  kTop,         // class numbers among the highest k scores
  kMeanIou,     // of each class intersection over union, and their mean
  kF1,          // of each class, or each value of 0 and 1, 2 TP / (2 TP + FP + FN), and their mean
  kPerplexity,  // the exponential of cross entropy, without weights and smoothing
  kProgram,     // of one's own: the mean of its quotients
};

struct MetricRow {
  std::string_view name;  // in a recipe; of kTop "top_" and the number
  MetricKind kind;
  bool higher = true;  // whether more is better
};

std::span<const MetricRow> metric_table();
// Null where there is none of that name: "top_5" is a kTop.
const MetricRow* find_metric(std::string_view name);
// REQUIRES: there is one.
const MetricRow& metric_row(std::string_view name);
// k of "top_k"; nothing of another name, or where k is not from 1 to 1000.
std::optional<std::uint64_t> top_of(std::string_view name);
// Whether the metric can be had beside this loss.
bool has_metric(const LossRow& loss, MetricKind kind);

// The metric that is a program, as recipe and metrics.jsonl call it.
inline constexpr std::string_view kProgramMetric = "metric";

}  // namespace amalgam
