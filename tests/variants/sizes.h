// Sizes as tests write them.
#pragma once

#include "variants/symbols.h"

namespace amalgam {

inline Size number(std::uint64_t value) { return Size::constant(value); }

}  // namespace amalgam
