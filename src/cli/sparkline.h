// A curve in one line of text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace amalgam::cli {

// Whether the environment says that text is UTF-8 (LC_ALL, LC_CTYPE, LANG).
bool writes_utf8();

// Heights from 0 to 1 as blocks of eight sizes, or as the digits 1 to 8; NaN as "x". Of more than
// `width` heights neighbours become one, their mean.
std::string sparkline(const std::vector<double>& heights, std::size_t width, bool blocks);

}  // namespace amalgam::cli
