#include "formats/recipe_table.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "formats/nearest.h"

namespace amalgam {
namespace {

std::optional<std::vector<double>> as_numbers(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (!array) return std::nullopt;
  std::vector<double> out;
  for (const toml::node& item : *array) {
    if (!item.is_number() || !std::isfinite(*item.value<double>())) return std::nullopt;
    out.push_back(*item.value<double>());
  }
  return out;
}

}  // namespace

void RecipeTable::text(const char* key, std::string& out) {
  if (const toml::node* node = find(key)) {
    if (const auto value = node->value_exact<std::string>())
      out = *value;
    else
      wrong(key, *node, "a string");
  }
}

void RecipeTable::flag(const char* key, bool& out) {
  if (const toml::node* node = find(key)) {
    if (const auto value = node->value_exact<bool>())
      out = *value;
    else
      wrong(key, *node, "true or false");
  }
}

void RecipeTable::whole(const char* key, std::uint64_t& out, std::int64_t least,
                        std::int64_t most) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto value = node->value_exact<std::int64_t>();
  if (value && *value >= least && *value <= most)
    out = static_cast<std::uint64_t>(*value);
  else
    wrong(key, *node, fmt::format("a whole number from {} to {}", least, most));
}

void RecipeTable::number(const char* key, double& out, double least) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (value && std::isfinite(*value) && *value >= least)
    out = *value;
  else
    wrong(key, *node, fmt::format("a number of at least {}", least));
}

void RecipeTable::numbers(const char* key, std::vector<double>& out) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto values = as_numbers(*node);
  if (values && !values->empty())
    out = *values;
  else
    wrong(key, *node, "a list of numbers");
}

void RecipeTable::choice(const char* key, std::string& out,
                         std::initializer_list<std::string_view> known) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto value = node->value_exact<std::string>();
  for (std::string_view name : known)
    if (value && *value == name) {
      out = *value;
      return;
    }
  wrong(key, *node, fmt::format("one of \"{}\"", fmt::join(known, "\", \"")));
}

const toml::table* RecipeTable::sub_table(const char* key) {
  const toml::node* node = find(key);
  if (node && !node->is_table()) wrong(key, *node, "a table");
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
  findings_.add(ErrorCode::kInvalid, at(key), std::move(what));
}

void RecipeTable::wrong(std::string_view key, const toml::node& node, const std::string& expected) {
  std::ostringstream shown;
  node.visit([&](const auto& n) { shown << n; });
  refuse(key, fmt::format("expected {}, found {}", expected, shown.str()));
}

void RecipeTable::finish() {
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    if (known_.count(name)) continue;
    refuse(name, fmt::format("is an unknown key; did you mean '{}'?", nearest(name, known_)));
  }
}

std::string RecipeTable::at(std::string_view key) const {
  return where_.ends_with(' ') ? fmt::format("{}{}", where_, key)
                               : fmt::format("{}.{}", where_, key);
}

}  // namespace amalgam
