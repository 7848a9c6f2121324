#include "curves/points.h"

namespace amalgam {

CurvePoints points_of(const std::vector<LogPoint>& lines) {
  CurvePoints points;
  for (const LogPoint& line : lines) {
    points.epochs.push_back(static_cast<double>(line.epoch));
    points.steps.push_back(static_cast<double>(line.step));
    points.loss.push_back(line.loss);
    points.metric.push_back(line.metric);
    points.rates.push_back(line.rate);
  }
  return points;
}

}  // namespace amalgam
