// Rows are counted from 1 in text files, as editors and spreadsheets do, and from 0 in arrays, as
// numpy does; every message says which.
#pragma once

namespace amalgam {

inline constexpr const char* kFromZero = " (rows are counted from 0)";
inline constexpr const char* kFromOne = " (rows are counted from 1)";

}  // namespace amalgam
