#include "obfuscate/unused.h"

#include <algorithm>

namespace amalgam {
namespace {

struct Table {
  bool (*set_at_top)(const Recipe&);
  bool (*set)(const TaskSettings&);
  bool (*applies)(const Dataset&);
  const char* wrong;
};

bool is_text(const Dataset& data) { return data.tokenizer != nullptr; }

// Their classes have names.
bool is_class_folders(const Dataset& data) {
  return !data.classes.empty() && !is_text(data) && !data.tabular;
}

bool is_table(const Dataset& data) { return data.tabular != nullptr; }

constexpr Table kTables[] = {
    {[](const Recipe& recipe) { return recipe.tabular.given; },
     [](const TaskSettings& settings) { return settings.tabular.given; }, is_table,
     "is no CSV file, and [table] is for those; leave [table] out of the recipe"},
    {[](const Recipe& recipe) { return !recipe.text.tokenizer.empty(); },
     [](const TaskSettings& settings) { return !settings.text.tokenizer.empty(); }, is_text,
     "is no text, and [text] is for .csv and .txt files; leave [text] out of the recipe"},
    {[](const Recipe& recipe) { return recipe.input.size.has_value(); },
     [](const TaskSettings& settings) { return settings.input.size.has_value(); }, is_class_folders,
     "is no folder or archive of images, and [input] size is for those; leave size out of the "
     "recipe, or bring the arrays to that size"}};

void find_unused(const Table& table, bool at_top, std::span<const GivenData> given,
                 Findings& findings) {
  const auto uses = [&](const GivenData& one) {
    return table.set(*one.settings) && table.applies(*one.data);
  };
  if (at_top && std::any_of(given.begin(), given.end(), uses)) return;
  for (const GivenData& one : given) {
    if (!table.set(*one.settings) || table.applies(*one.data)) continue;
    findings.add(ErrorCode::kInvalid, one.data->where, table.wrong);
    if (at_top) return;
  }
}

}  // namespace

void find_unused(const Recipe& recipe, std::span<const GivenData> given, Findings& findings) {
  for (const Table& table : kTables) find_unused(table, table.set_at_top(recipe), given, findings);
}

}  // namespace amalgam
