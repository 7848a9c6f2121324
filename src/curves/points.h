// What a training log says, as series.
#pragma once

#include <vector>

#include "amalgam/curves.h"
#include "formats/training_log.h"

namespace amalgam {

// One point a line, in their order.
CurvePoints points_of(const std::vector<LogPoint>& lines);

}  // namespace amalgam
