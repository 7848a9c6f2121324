// Comma-separated values (RFC 4180) through libcsv: quoted cells may hold commas, line ends and
// doubled quotes; blank rows are left out, but counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

using CsvRow = std::vector<std::string>;

struct Csv {
  std::vector<CsvRow> rows;
  std::vector<std::uint64_t> numbers;  // of each row in the file, from 1
};

// All rows have as many cells as the first. Throws kDamaged, naming `where` and the row (from 1),
// for another number of cells, a row of over a megabyte, or a quote that is never closed.
Csv parse_csv(std::string_view text, const std::string& where);

}  // namespace amalgam
