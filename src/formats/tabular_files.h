// CSV files with numeric and categorical columns as a dataset.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "amalgam/dataset.h"

namespace amalgam {

// Rows of a CSV file as `options.tabular` says: features "x", float32 [N, D], the columns in the
// file's order, categories as columns of 0 and 1; with encode = "index" the numeric columns are "x"
// and the categories "categories", int64 [N, C]. Targets are fields of their columns' names;
// several where the loss compares numbers are one, "y", [N, T]. Training data is fitted, and other
// data takes the fit of options.like. Throws as fit_table(), and for a category that the training
// data lacks.
Dataset tabular_dataset(std::string_view text, const std::string& where,
                        const DatasetOptions& options);
Dataset read_tabular(const std::filesystem::path& path, const DatasetOptions& options);

}  // namespace amalgam
