#include "curves/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/counted.h"

namespace amalgam {
namespace {

Curve curve_of(const CurvePoints& points, const std::vector<double>& values) {
  return {points.epochs, points.steps, values};
}

bool is_said(const Curve& curve) {
  return std::any_of(curve.values.begin(), curve.values.end(),
                     [](double value) { return std::isfinite(value); });
}

// Said at the ends of epochs and within them, where both are in the order of the steps.
Curve rate_of(const TaskCurves& task) {
  const CurvePoints *within = &task.train_steps, *ends = &task.train;
  Curve rate;
  std::size_t i = 0, j = 0;
  while (i < within->steps.size() || j < ends->steps.size()) {
    const bool first =
        j == ends->steps.size() || (i < within->steps.size() && within->steps[i] <= ends->steps[j]);
    const CurvePoints& from = first ? *within : *ends;
    const std::size_t at = first ? i++ : j++;
    if (!std::isfinite(from.rates[at])) continue;
    rate.epochs.push_back(from.epochs[at]);
    rate.steps.push_back(from.steps[at]);
    rate.values.push_back(from.rates[at]);
  }
  return rate;
}

bool is_better(double value, double than, bool higher) {
  return std::isnan(than) || (higher ? value > than : value < than);
}

const CurvePoints& furthest(const TaskCurves& task) {
  const CurvePoints* found = &task.train;
  for (const CurvePoints* points : {&task.held_out, &task.train_steps})
    if (!points->steps.empty() &&
        (found->steps.empty() || points->steps.back() > found->steps.back()))
      found = points;
  return *found;
}

}  // namespace

std::optional<Range> range_of(const std::vector<const Curve*>& curves) {
  std::optional<Range> range;
  for (const Curve* curve : curves)
    for (const double value : curve->values) {
      if (!std::isfinite(value)) continue;
      if (!range) range = {value, value};
      range->least = std::min(range->least, value);
      range->most = std::max(range->most, value);
    }
  return range;
}

std::vector<Quantity> quantities_of(const TaskCurves& task) {
  const auto measured = [&](std::string name, std::optional<bool> higher, auto member) {
    return Quantity{std::move(name),
                    higher,
                    false,
                    curve_of(task.train, task.train.*member),
                    curve_of(task.held_out, task.held_out.*member),
                    curve_of(task.train_steps, task.train_steps.*member)};
  };
  std::vector<Quantity> all;
  if (furthest(task).steps.empty()) return all;
  all.push_back(measured("loss", false, &CurvePoints::loss));
  if (!task.metric.empty()) {
    Quantity own = measured(task.metric, task.higher, &CurvePoints::metric);
    // Where a transform mixes targets it is not measured in training.
    if (!is_said(own.train)) own.train = {};
    if (!is_said(own.train_steps)) own.train_steps = {};
    if (is_said(own.train) || is_said(own.train_steps) || is_said(own.held_out))
      all.push_back(std::move(own));
  }
  if (Curve rate = rate_of(task); !rate.values.empty())
    all.push_back({"learning rate", std::nullopt, true, std::move(rate), {}, {}});
  return all;
}

CurveSummary summary_of(const Curve& curve, std::optional<bool> higher) {
  CurveSummary summary;
  if (curve.values.empty()) return summary;
  summary.first = curve.values.front();
  summary.last = curve.values.back();
  for (std::size_t i = 0; higher && i < curve.values.size(); ++i)
    if (std::isfinite(curve.values[i]) && is_better(curve.values[i], summary.best, *higher)) {
      summary.best = curve.values[i];
      summary.best_epoch = curve.epochs[i];
    }
  return summary;
}

std::string extent_of(const TaskCurves& task, std::uint64_t epochs) {
  const CurvePoints& last = furthest(task);
  if (last.steps.empty()) return "nothing is said of it";
  const auto batches = counted(static_cast<std::uint64_t>(last.steps.back()), "batch", "batches");
  const std::vector<double>& ended =
      task.train.epochs.empty() ? task.held_out.epochs : task.train.epochs;
  if (ended.empty())
    return fmt::format("in epoch {} of {}, {}", last.epochs.back(), epochs, batches);
  return fmt::format("{} of {}, {}",
                     ended.back() == 1 ? "epoch 1" : fmt::format("epochs 1 to {}", ended.back()),
                     epochs, batches);
}

}  // namespace amalgam
