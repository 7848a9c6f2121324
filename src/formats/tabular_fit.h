// What the columns of a table are, and the numbers that they become.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "amalgam/tabular.h"
#include "formats/csv.h"

namespace amalgam {

// Without blanks around it.
std::string_view trimmed(std::string_view cell);
// Blank, or one of the words that pandas reads as missing.
bool is_missing(std::string_view cell);
// The whole cell as a finite number; blanks around it do not count.
std::optional<double> number_in(std::string_view cell);

// What a target is taken as: classes, numbers, or whichever its values are.
enum class TargetReading { kClasses, kNumbers, kByValues };

struct TabularTargets {
  std::vector<std::string> names;
  TargetReading reading = TargetReading::kClasses;
  bool needed = true;  // there has to be one
  // Of other tasks over the same rows: no features, unless the settings name them.
  std::vector<std::string> others = {};  // NOLINT(readability-redundant-member-init)
};

// Of the training rows, behind the first row, which names the columns. Throws kInvalid, naming
// `where` and the column or row: for names that there are not, a cell that is no number, missing
// values where they are refused or stand in a target, more categories than columns can be made of.
TabularFit fit_table(const Csv& csv, const TabularSettings& settings, const TabularTargets& targets,
                     const std::string& where);

}  // namespace amalgam
