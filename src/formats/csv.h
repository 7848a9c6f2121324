// Comma-separated values (RFC 4180) through libcsv: quoted cells may hold commas, line ends and
// doubled quotes; blank lines are left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

using CsvRow = std::vector<std::string>;

// All rows have as many cells as the first. Throws kDamaged, naming `where` and the row (from 1),
// for another number of cells, a row of over a megabyte, or a quote that is never closed.
std::vector<CsvRow> parse_csv(std::string_view text, const std::string& where);

}  // namespace amalgam
