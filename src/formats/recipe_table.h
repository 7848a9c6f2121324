// One table of the recipe, read key by key.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "amalgam/error.h"
#include "formats/arguments.h"

namespace amalgam {

// What a number may be, both ends included.
struct NumberRange {
  double least = 0;
  double most = kLargestSetting;
};

// Remembers which keys were asked for, so that the rest can be refused. Each reader leaves `out` as
// it is where the key is missing, and adds a finding where its value is wrong.
class RecipeTable {
 public:
  // `name` is the table's, as in "train" or "task[0].input"; empty for the file itself.
  RecipeTable(const toml::table& table, std::string file, std::string name, Findings& findings)
      : table_(table), file_(std::move(file)), name_(std::move(name)), findings_(findings) {}

  void text(const char* key, std::string& out);
  void flag(const char* key, bool& out);
  void whole(const char* key, std::uint64_t& out, std::int64_t least,
             std::int64_t most = 1'000'000'000'000);
  void signed_whole(const char* key, std::int64_t& out, std::int64_t least, std::int64_t most);
  void number(const char* key, double& out, NumberRange range = {});
  // `count`: how many there must be; nothing: one or more. `example` shows how they are written.
  void numbers(const char* key, std::vector<double>& out, NumberRange range,
               std::optional<std::size_t> count, const char* example);
  // Whether `out` may be relied on: the key is missing, or its value is known.
  bool choice(const char* key, std::string& out, const std::set<std::string>& known);
  // Null where the key is missing.
  const toml::table* sub_table(const char* key);
  std::vector<const toml::table*> tables(const char* key);
  // Marks the key as known.
  const toml::node* find(const char* key);
  // Whether the file has the key; it stays unknown.
  bool has(std::string_view key) const { return table_.contains(key); }

  bool refused(std::string_view key) const { return refused_.count(std::string(key)) > 0; }
  // The key is refused for this reason, and for no other.
  void refuse(std::string_view key, std::string what);
  void wrong(std::string_view key, const toml::node& node, const std::string& expected);
  // Call last: what was never asked for is unknown.
  void finish();

 private:
  std::string at(std::string_view key) const;

  const toml::table& table_;
  std::string file_, name_;
  Findings& findings_;
  std::set<std::string> known_, refused_;
};

}  // namespace amalgam
