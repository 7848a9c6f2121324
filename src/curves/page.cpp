#include "curves/page.h"

#include <fmt/format.h>

#include <cmath>

#include "base/html.h"
#include "base/printable.h"
#include "curves/chart.h"
#include "curves/summary.h"
#include "curves/templates.h"

namespace amalgam {
namespace {

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "not finite";
}

std::string row(const std::string& what, const Curve& curve, std::optional<bool> higher) {
  if (curve.values.empty()) return "";
  const CurveSummary summary = summary_of(curve, higher);
  const bool best = std::isfinite(summary.best);
  return filled(curves_row(), fmt::arg("what", escaped(what)),
                fmt::arg("first", number(summary.first)), fmt::arg("last", number(summary.last)),
                fmt::arg("best", best ? number(summary.best) : ""),
                fmt::arg("epoch", best ? fmt::format("{}", summary.best_epoch) : ""));
}

std::string rows_of(const Quantity& quantity) {
  if (quantity.rate) return row(quantity.name, quantity.train, quantity.higher);
  return row(quantity.name + ", training", quantity.training(), quantity.higher) +
         row(quantity.name + ", held out", quantity.held_out, quantity.higher);
}

std::string key_of(const Chart& chart) {
  std::string out;
  for (const ChartLine& line : chart.lines)
    out += fmt::format(R"(<span><i class="{}"></i>{}</span>)", line.style, escaped(line.name));
  return R"(<p class="key">)" + out + "</p>";
}

std::string chart_of(const Quantity& quantity, const std::string& task, const Curve& ends) {
  Chart chart{quantity.name + " of " + task, quantity.name, quantity.rate, {}};
  const auto add = [&](const char* name, const char* style, const Curve& curve, bool dots) {
    if (!curve.values.empty()) chart.lines.push_back({name, style, &curve, dots});
  };
  if (quantity.rate) {
    add("learning rate", "rate", quantity.train, false);
  } else {
    add("training, of the epoch so far", "steps", quantity.train_steps, false);
    add("training, whole epochs", "train", quantity.train, true);
    add("held out", "held-out", quantity.held_out, true);
  }
  return key_of(chart) + chart_svg(chart, ends);
}

std::string part_of(const TaskCurves& task, std::uint64_t epochs) {
  const std::vector<Quantity> quantities = quantities_of(task);
  const CurvePoints& ended = task.train.epochs.empty() ? task.held_out : task.train;
  const Curve ends{ended.epochs, ended.steps, {}};
  std::string rows, charts;
  for (const Quantity& quantity : quantities) {
    rows += rows_of(quantity);
    charts += chart_of(quantity, task.name, ends);
  }
  return filled(curves_task(), fmt::arg("name", escaped(task.name)),
                fmt::arg("extent", escaped(extent_of(task, epochs))), fmt::arg("rows", rows),
                fmt::arg("charts", charts));
}

}  // namespace

std::string curves_page(const CurvesResult& result) {
  std::string notes, tasks;
  for (const std::string& note : result.notes) notes += "<p>" + escaped(printable(note)) + ".</p>";
  for (const TaskCurves& task : result.tasks) tasks += part_of(task, result.epochs) + "\n";
  return fmt::format(fmt::runtime(curves_whole_page()), fmt::arg("style", curves_style()),
                     fmt::arg("notes", notes), fmt::arg("tasks", tasks));
}

}  // namespace amalgam
