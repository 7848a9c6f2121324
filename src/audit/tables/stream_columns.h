// Statistics of a stream's columns beside one another.
#pragma once

#include <optional>

#include "audit/specialness.h"
#include "audit/stream_sample.h"

namespace amalgam {

// How many columns of images and vectors hold the same as an earlier one in every row: mirrors,
// larger pixels, features that are there twice. Columns that hardly change are left out; nothing
// for few rows, and for texts.
std::optional<Measured> copied_columns(const StreamSample& sample);

}  // namespace amalgam
