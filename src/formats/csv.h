// Comma-separated values (RFC 4180) through libcsv: quoted cells may hold commas, line ends and
// doubled quotes; blank rows are left out, but counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

using CsvRow = std::vector<std::string>;

// Where a row begins, counted from 1: as spreadsheets and pandas count rows, the columns' names and
// blank ones among them, and as editors count lines, of which a quoted cell may have several.
struct RowPlace {
  std::uint64_t row = 0, line = 0;
  bool operator==(const RowPlace&) const = default;
};

// "row 3", or "row 3 (line 5)" where the two differ.
std::string to_string(const RowPlace& place);

struct Csv {
  std::vector<CsvRow> rows;
  std::vector<RowPlace> places;  // of each row in the file
};

// All rows have as many cells as the first. Throws kDamaged, naming `where` and the row (from 1),
// for another number of cells, a row of over a megabyte, or a quote that is never closed.
Csv parse_csv(std::string_view text, const std::string& where);

}  // namespace amalgam
