// One table of the recipe, read key by key.
#pragma once

#include <toml++/toml.h>

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "amalgam/error.h"

namespace amalgam {

// Remembers which keys were asked for, so that the rest can be refused. Each reader leaves `out` as
// it is where the key is missing, and adds a finding where its value is wrong.
class RecipeTable {
 public:
  // `where` is the file and the table, as in "recipe.toml: train".
  RecipeTable(const toml::table& table, std::string where, Findings& findings)
      : table_(table), where_(std::move(where)), findings_(findings) {}

  void text(const char* key, std::string& out);
  void flag(const char* key, bool& out);
  void whole(const char* key, std::uint64_t& out, std::int64_t least,
             std::int64_t most = 1'000'000'000'000);
  void number(const char* key, double& out, double least);
  void numbers(const char* key, std::vector<double>& out);
  void choice(const char* key, std::string& out, std::initializer_list<std::string_view> known);
  // Null where the key is missing.
  const toml::table* sub_table(const char* key);
  std::vector<const toml::table*> tables(const char* key);
  const toml::node* find(const char* key);

  void refuse(std::string_view key, std::string what);
  void wrong(std::string_view key, const toml::node& node, const std::string& expected);
  // Call last: what was never asked for is unknown.
  void finish();

 private:
  std::string at(std::string_view key) const;

  const toml::table& table_;
  std::string where_;
  Findings& findings_;
  std::set<std::string> known_;
};

}  // namespace amalgam
