// CSV and plain text as a dataset of tokens.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// By the name, in small or capital letters: *.csv and *.txt; the latter is plain text.
bool is_text_path(const std::filesystem::path& path);
bool is_plain_text_path(const std::filesystem::path& path);

// How a table of numbers becomes arrays, for messages: "save arrays: ...".
std::string arrays_of_table(const std::filesystem::path& path);

// A CSV file's rows, or the lines of plain text, become samples as `options.text` says. Texts are
// cut to the length, or filled up with padding; without labels they are joined and cut. Throws
// kInvalid or kDamaged, naming the file and the row (from 1; of plain text the line), for a row
// without text, invalid UTF-8, a column that does not exist, or a class that the training data
// lacks.
Dataset read_text(const std::filesystem::path& path, const DatasetOptions& options);

}  // namespace amalgam
