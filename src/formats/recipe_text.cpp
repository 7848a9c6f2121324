#include "formats/recipe_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "formats/recipe_table.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"unigram", "bpe", "char", "word"};
constexpr std::uint64_t kLeastTokens = 8, kMostTokens = 1'000'000;

// "train:KIND:SIZE".
bool is_training(std::string_view text) {
  text.remove_prefix(text.find(':') + 1);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view kind = text.substr(0, colon), size = text.substr(colon + 1);
  std::uint64_t tokens = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), tokens);
  return std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end() && error == std::errc() &&
         end == size.data() + size.size() && tokens >= kLeastTokens && tokens <= kMostTokens;
}

std::optional<TextColumn> as_column(const toml::node& node) {
  if (const auto name = node.value_exact<std::string>()) return TextColumn(*name);
  const auto number = node.value_exact<std::int64_t>();
  if (!number || *number < 0) return std::nullopt;
  return TextColumn(static_cast<std::uint64_t>(*number));
}

std::optional<std::vector<TextColumn>> as_columns(const toml::node& node) {
  std::vector<TextColumn> columns;
  const toml::array* array = node.as_array();
  if (!array) {
    const auto column = as_column(node);
    return column ? std::optional(std::vector{*column}) : std::nullopt;
  }
  for (const toml::node& item : *array) {
    const auto column = as_column(item);
    if (!column) return std::nullopt;
    columns.push_back(*column);
  }
  if (columns.empty()) return std::nullopt;
  return columns;
}

void read_tokenizer(RecipeTable& table, const std::filesystem::path& folder,
                    std::string& tokenizer) {
  if (!table.find("tokenizer")) {
    if (tokenizer.empty())
      table.refuse("tokenizer",
                   "is missing: \"train:unigram:8000\", or a SentencePiece model's path");
    return;
  }
  table.text("tokenizer", tokenizer);
  if (!tokenizer.starts_with("train:")) {
    const std::filesystem::path path = tokenizer;
    if (!tokenizer.empty() && path.is_relative()) tokenizer = (folder / path).string();
  } else if (!is_training(tokenizer)) {
    table.refuse("tokenizer",
                 "expected \"train:KIND:SIZE\", with unigram, bpe, char or word, and a size from 8 "
                 "to 1000000; found \"" +
                     clipped(tokenizer) + "\"");
  }
}

}  // namespace

TextSettings read_text_settings(const toml::table& table, const std::string& file,
                                const std::string& name, const std::filesystem::path& folder,
                                TextSettings settings, Findings& findings) {
  RecipeTable t(table, file, name, findings);
  read_tokenizer(t, folder, settings.tokenizer);
  t.whole("length", settings.length, 1, 1'000'000);
  if (const toml::node* node = t.find("text_column")) {
    if (const auto columns = as_columns(*node))
      settings.text_columns = *columns;
    else
      t.wrong("text_column", *node, "columns by number (from 0) or by name, as in [1, 2]");
  }
  if (const toml::node* node = t.find("label_column")) {
    settings.label_column = as_column(*node);
    if (!settings.label_column)
      t.wrong("label_column", *node, "a column by number (from 0) or by name");
  }
  bool header = settings.header.value_or(false);
  t.flag("header", header);
  if (t.find("header")) settings.header = header;
  t.finish();
  return settings;
}

}  // namespace amalgam
