#include "formats/recipe_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "formats/recipe_keys.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostShown = 60;
// Nobody asks for smaller whole numbers.
constexpr std::int64_t kLeastNamed = -1000;

void show(const toml::node& node, std::string& out) {
  if (out.size() > kMostShown) return;
  if (const toml::array* array = node.as_array()) {
    out += '[';
    for (const toml::node& item : *array) {
      if (out.back() != '[') out += ", ";
      show(item, out);
      if (out.size() > kMostShown) return;
    }
    out += ']';
  } else if (node.is_table()) {
    out += "a table";
  } else if (const auto number = node.value_exact<double>()) {
    out += fmt::format("{}", *number);
  } else {
    std::ostringstream text;
    node.visit([&](const auto& n) { text << n; });
    out += text.str();
  }
}

// What a value looks like in the file, on one line.
std::string shown(const toml::node& node) {
  std::string text;
  show(node, text);
  return clipped(text);
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// How to write a value of the wrong type, where that can be told.
std::string cure(const toml::node& node, bool for_flag) {
  const auto text = node.value_exact<std::string>();
  if (text && (for_flag ? *text == "true" || *text == "false" : is_number(*text)))
    return fmt::format("; write it without quotes: {}", *text);
  const auto whole = node.value_exact<std::int64_t>();
  if (for_flag && whole && (*whole == 0 || *whole == 1))
    return *whole == 1 ? "; write true" : "; write false";
  return "";
}

bool exceeds(const toml::node& node, double most) {
  if (const toml::array* array = node.as_array())
    return std::any_of(array->begin(), array->end(),
                       [&](const toml::node& item) { return exceeds(item, most); });
  return node.is_number() && node.value<double>() > most;
}

// The upper end is named only where it matters: nobody asks for 1e18.
std::string describe(const NumberRange& range, bool several, const toml::node& found) {
  const std::string what = several ? "numbers" : "a number";
  if (range.most == kBelowOne) return fmt::format("{} from {} to below 1", what, range.least);
  if (range.most < kLargestSetting)
    return fmt::format("{} from {} to {}", what, range.least, range.most);
  if (range.least <= -kLargestSetting) return fmt::format("{} within 1e18 of 0", what);
  if (exceeds(found, range.most)) return fmt::format("{} from {} to 1e18", what, range.least);
  return range.least > 0 && range.least < 1 ? what + " above 0"
                                            : fmt::format("{} of at least {}", what, range.least);
}

std::optional<double> as_number(const toml::node& node, const NumberRange& range) {
  if (!node.is_number()) return std::nullopt;
  const auto value = node.value<double>();
  const bool fits = value && std::isfinite(*value) && *value >= range.least && *value <= range.most;
  return fits ? value : std::nullopt;
}

std::optional<std::vector<double>> as_numbers(const toml::node& node, const NumberRange& range) {
  const toml::array* array = node.as_array();
  if (!array) return std::nullopt;
  std::vector<double> out;
  for (const toml::node& item : *array) {
    const auto value = as_number(item, range);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

}  // namespace

void RecipeTable::text(const char* key, std::string& out) {
  const toml::node* node = find(key);
  if (!node) return;
  if (const auto value = node->value_exact<std::string>())
    out = *value;
  else
    wrong(key, *node, "a string, in quotes");
}

void RecipeTable::flag(const char* key, bool& out) {
  const toml::node* node = find(key);
  if (!node) return;
  if (const auto value = node->value_exact<bool>())
    out = *value;
  else
    refuse(key, fmt::format("expected true or false, found {}{}", shown(*node), cure(*node, true)));
}

void RecipeTable::whole(const char* key, std::uint64_t& out, std::int64_t least,
                        std::int64_t most) {
  auto value = static_cast<std::int64_t>(out);
  signed_whole(key, value, least, most);
  if (!refused(key)) out = static_cast<std::uint64_t>(value);
}

void RecipeTable::signed_whole(const char* key, std::int64_t& out, std::int64_t least,
                               std::int64_t most) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto value = node->value_exact<std::int64_t>();
  if (value && *value >= least && *value <= most)
    out = *value;
  else
    wrong(key, *node,
          exceeds(*node, static_cast<double>(most))
              ? fmt::format("a whole number from {} to {}", least, most)
          : least < kLeastNamed ? "a whole number"
                                : fmt::format("a whole number of at least {}", least));
}

void RecipeTable::number(const char* key, double& out, NumberRange range) {
  const toml::node* node = find(key);
  if (!node) return;
  if (const auto value = as_number(*node, range))
    out = *value;
  else
    wrong(key, *node, describe(range, false, *node));
}

void RecipeTable::numbers(const char* key, std::vector<double>& out, NumberRange range,
                          std::optional<std::size_t> count, const char* example) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto values = as_numbers(*node, range);
  if (values && (count ? values->size() == *count : !values->empty()))
    out = *values;
  else
    wrong(key, *node,
          fmt::format("{}{}, as in {}", count ? fmt::format("{} ", *count) : "a list of ",
                      describe(range, true, *node), example));
}

bool RecipeTable::choice(const char* key, std::string& out, const std::set<std::string>& known) {
  const toml::node* node = find(key);
  if (!node) return true;
  const auto value = node->value_exact<std::string>();
  if (!value)
    wrong(key, *node, fmt::format("one of \"{}\"", fmt::join(known, "\", \"")));
  else if (!known.count(*value))
    refuse(key, about_unknown_value(*value, key, known));
  else
    out = *value;
  return !refused(key);
}

const toml::table* RecipeTable::sub_table(const char* key) {
  const toml::node* node = find(key);
  if (node && !node->is_table())
    wrong(key, *node,
          fmt::format("a table, headed [{}{}{}]", name_, name_.empty() ? "" : ".", key));
  return node ? node->as_table() : nullptr;
}

std::vector<const toml::table*> RecipeTable::tables(const char* key) {
  std::vector<const toml::table*> out;
  const toml::node* node = find(key);
  if (!node) return out;
  if (!node->is_array_of_tables()) {
    wrong(key, *node, fmt::format("tables, each headed [[{}]]", key));
    return out;
  }
  for (const toml::node& item : *node->as_array()) out.push_back(item.as_table());
  return out;
}

const toml::node* RecipeTable::find(const char* key) {
  known_.insert(key);
  return table_.get(key);
}

void RecipeTable::refuse(std::string_view key, std::string what) {
  refused_.emplace(key);
  findings_.add(ErrorCode::kInvalid, at(key), std::move(what));
}

void RecipeTable::wrong(std::string_view key, const toml::node& node, const std::string& expected) {
  refuse(key, fmt::format("expected {}, found {}{}", expected, shown(node), cure(node, false)));
}

void RecipeTable::finish() {
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    if (known_.count(name) || refused(name)) continue;
    refuse(name, about_unknown_key(name, name_, known_));
  }
}

std::string RecipeTable::at(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (!node && !name_.empty()) node = &table_;  // what is missing there
  const auto line = node ? node->source().begin.line : 0;
  const std::string place = line > 0 ? fmt::format("{}:{}", file_, line) : file_;
  const std::string shown_key = clipped(key);
  return name_.empty() ? fmt::format("{}: {}", place, shown_key)
                       : fmt::format("{}: {}.{}", place, name_, shown_key);
}

}  // namespace amalgam
