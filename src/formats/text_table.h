// The texts of a file, and what stands beside them.
#pragma once

#include <string>
#include <vector>

#include "amalgam/text.h"
#include "formats/csv.h"

namespace amalgam {

struct TextTable {
  std::vector<std::string> texts;   // valid UTF-8, none empty
  std::vector<std::string> labels;  // one a text; empty where none were asked for
  std::vector<RowPlace> places;     // of each text in the file
  bool skipped_header = false;      // because it looked like one
};

// Of a CSV file. Without `with_labels`, the label's column is not read.
TextTable csv_table(std::string_view file, const TextSettings& settings, bool with_labels,
                    const std::string& where);
// The rows of a CSV file, whose encoding and separators are checked. Throws kInvalid where it has
// none.
Csv csv_rows(std::string_view file, const std::string& where);
// Of plain text: each line that is not blank.
TextTable line_table(std::string_view file, const std::string& where);

}  // namespace amalgam
