// Columns of decimals, as prices are, which float32 holds but nearly.
#pragma once

#include <cstddef>
#include <optional>

#include "obfuscate/real_rows.h"

namespace amalgam {

// The number of fewest decimals that rounds to this float32: whole numbers are themselves.
double nearest_decimal(float value);

// Whether a column of few different values is an arithmetic progression, of which terms may be
// missing, that was rounded to float32 once, as decimals are that were scaled in float64; false if
// its values are off by more, as after scaling what had been rounded to float32 before. Nothing if
// it is no progression, or has too many different values or too few to tell.
std::optional<bool> rounded_once(const RealRows& rows, std::size_t column);

}  // namespace amalgam
