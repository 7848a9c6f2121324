// A chart as SVG that stands in a page: nothing in it runs, and nothing is fetched.
#pragma once

#include <string>
#include <vector>

#include "curves/scale.h"
#include "curves/summary.h"

namespace amalgam {

struct ChartLine {
  std::string name;   // in the legend and in what a pointer shows
  std::string style;  // its class in the style sheet: "train", "steps", "held-out"
  const Curve* curve;
  bool dots;  // a dot for each point, where these are few
};

struct Chart {
  std::string title, axis;  // what is drawn, and in which unit
  bool rates = false;       // on a scale of rates (curves/scale.h)
  std::vector<ChartLine> lines;
};

// Along the batches of the training, with the ends of epochs marked by their numbers: those of
// `ends`. Of long lines the extremes of neighbouring points are drawn. A value that is not finite
// is a gap.
std::string chart_svg(const Chart& chart, const Curve& ends);

}  // namespace amalgam
