#include "curves/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/html.h"

namespace amalgam {
namespace {

// In SVG's units; the plot lies between the axes' labels.
constexpr double kWidth = 760, kHeight = 250, kLeft = 78, kRight = 24, kTop = 34, kBottom = 40;
constexpr double kPlotWidth = kWidth - kLeft - kRight, kPlotHeight = kHeight - kTop - kBottom;
constexpr std::size_t kMostX = 8, kMostY = 6, kMostEpochs = 12;
constexpr std::size_t kMostPoints = 1600, kMostDots = 200;

struct Axes {
  Scale x, y;
  double right(double step) const { return kLeft + kPlotWidth * x.place(step); }
  double down(double value) const { return kTop + kPlotHeight * (1 - y.place(value)); }
};

// Of the points from `first` on, before `end`, those of the extremes; of a gap its first.
void add_extremes(const std::vector<double>& values, std::size_t first, std::size_t end,
                  std::vector<std::size_t>& points) {
  std::optional<std::size_t> least, most;
  for (std::size_t i = first; i < end; ++i) {
    if (!std::isfinite(values[i])) continue;
    if (!least || values[i] < values[*least]) least = i;
    if (!most || values[i] > values[*most]) most = i;
  }
  points.push_back(least ? std::min(*least, *most) : first);
  if (least != most) points.push_back(std::max(*least, *most));
}

// Which points of a curve are drawn: of a long one those of the extremes of each stretch.
std::vector<std::size_t> drawn_points(const Curve& curve) {
  const std::size_t count = curve.values.size();
  const std::size_t stretches = count <= kMostPoints ? count : kMostPoints / 2;
  std::vector<std::size_t> points;
  for (std::size_t s = 0; s < stretches; ++s)
    add_extremes(curve.values, s * count / stretches, (s + 1) * count / stretches, points);
  return points;
}

// A path of straight lines. A point that stands alone is a line of no length, which round ends
// show.
std::string path_of(const ChartLine& line, const Axes& axes) {
  std::string path;
  bool drawing = false;
  for (const std::size_t i : drawn_points(*line.curve)) {
    const double value = line.curve->values[i];
    if (!std::isfinite(value)) {
      drawing = false;
      continue;
    }
    const std::string at =
        fmt::format("{:.1f} {:.1f}", axes.right(line.curve->steps[i]), axes.down(value));
    if (!drawing) path.append("M").append(at);
    path.append("L").append(at);
    drawing = true;
  }
  return path.empty() ? "" : fmt::format(R"(<path class="{}" d="{}"/>)", line.style, path);
}

std::string dots_of(const ChartLine& line, const Axes& axes) {
  const Curve& curve = *line.curve;
  std::string dots;
  if (!line.dots || curve.values.size() > kMostDots) return dots;
  for (std::size_t i = 0; i < curve.values.size(); ++i)
    if (std::isfinite(curve.values[i]))
      dots += fmt::format(
          R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"><title>{}, epoch {}, batch {}: {:.6g}</title></circle>)",
          line.style, axes.right(curve.steps[i]), axes.down(curve.values[i]), escaped(line.name),
          curve.epochs[i], curve.steps[i], curve.values[i]);
  return dots;
}

std::string text(double x, double y, const char* style, std::string_view words) {
  return fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>)", style, x, y,
                     escaped(words));
}

std::string ruler(double x1, double y1, double x2, double y2, const char* style = "rule") {
  return fmt::format(R"(<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", style,
                     x1, y1, x2, y2);
}

std::string draw_axes(const Chart& chart, const Axes& axes) {
  std::string out;
  for (const double value : axes.y.ticks(kMostY)) {
    out += ruler(kLeft, axes.down(value), kLeft + kPlotWidth, axes.down(value));
    out += text(kLeft - 6, axes.down(value) + 4, "left", tick_text(value));
  }
  for (const double step : axes.x.ticks(kMostX)) {
    const double x = axes.right(step), floor = kTop + kPlotHeight;
    out += ruler(x, floor, x, floor + 4, "axis");
    out += text(x, floor + 17, "middle", fmt::format("{:.9g}", step));
  }
  out += text(kLeft + kPlotWidth / 2, kHeight - 6, "middle", "batches of training");
  out += fmt::format(
      R"SVG(<text class="middle" transform="translate(14 {:.1f}) rotate(-90)">{}</text>)SVG",
      kTop + kPlotHeight / 2, escaped(chart.axis + (axes.y.logarithmic() ? ", log scale" : "")));
  return out;
}

// The ends of epochs, as many as have room, the last one among them.
std::string draw_epochs(const Curve& ends, const Axes& axes) {
  if (ends.epochs.empty()) return "";
  std::string out = text(kLeft - 6, kTop - 11, "left", "epoch");
  const std::size_t count = ends.epochs.size(), stride = (count + kMostEpochs - 1) / kMostEpochs;
  for (std::size_t i = (count - 1) % stride; i < count; i += stride) {
    const double x = axes.right(ends.steps[i]);
    out += ruler(x, kTop, x, kTop + kPlotHeight, "epoch");
    out += text(x, kTop - 11, "middle", fmt::format("{}", ends.epochs[i]));
  }
  return out;
}

std::vector<const Curve*> curves_of(const Chart& chart) {
  std::vector<const Curve*> curves;
  for (const ChartLine& line : chart.lines) curves.push_back(line.curve);
  return curves;
}

double last_step(const Chart& chart, const Curve& ends) {
  double last = ends.steps.empty() ? 0 : ends.steps.back();
  for (const Curve* curve : curves_of(chart))
    if (!curve->steps.empty()) last = std::max(last, curve->steps.back());
  return std::max(last, 1.0);
}

}  // namespace

std::string chart_svg(const Chart& chart, const Curve& ends) {
  const std::optional<Range> range = range_of(curves_of(chart));
  if (!range) return "<p>" + escaped(chart.title) + ": no value is finite.</p>";
  const Axes axes{Scale::linear({0, last_step(chart, ends)}),
                  chart.rates ? Scale::of_rates(*range) : Scale::linear(*range)};
  std::string out = fmt::format(R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}">)", kWidth,
                                kHeight, escaped(chart.title));
  out += draw_axes(chart, axes) + draw_epochs(ends, axes);
  out += ruler(kLeft, kTop, kLeft, kTop + kPlotHeight, "axis") +
         ruler(kLeft, kTop + kPlotHeight, kLeft + kPlotWidth, kTop + kPlotHeight, "axis");
  for (const ChartLine& line : chart.lines) out += path_of(line, axes);
  for (const ChartLine& line : chart.lines) out += dots_of(line, axes);
  return out + "</svg>";
}

}  // namespace amalgam
