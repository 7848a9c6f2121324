#include "formats/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "amalgam/error.h"
#include "base/counted.h"
#include "base/limits.h"
#include "formats/csv.h"
#include "formats/nearest.h"
#include "formats/row_numbers.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostLineBytes = kTextRowBytes.most;
constexpr std::size_t kLinesForSeparators = 20;
constexpr std::array kUsualLabelNames = {"label",    "labels", "class",     "classes",
                                         "category", "target", "sentiment", "topic"};

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isspace(c) != 0; });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string_view::npos;
}

void check_text(std::string_view text, const RowPlace& place, const std::string& where) {
  if (const auto bad = find_invalid_utf8(text))
    invalid(where,
            fmt::format("{} is not UTF-8: byte 0x{:02x} at {} of its text{}", to_string(place),
                        static_cast<unsigned char>(text[*bad]), *bad, kFromOne));
  if (is_blank(text)) invalid(where, fmt::format("{} has no text{}", to_string(place), kFromOne));
}

void check_label(std::string_view label, const RowPlace& place, const std::string& where) {
  if (find_invalid_utf8(label))
    invalid(where, fmt::format("{} is not UTF-8 in its label{}", to_string(place), kFromOne));
  if (is_blank(label))
    invalid(where, fmt::format("{} has no label{}: fill it in, or leave the row out",
                               to_string(place), kFromOne));
}

// UTF-16 would be read as bytes, or not at all.
void check_encoding(std::string_view file, const std::string& where) {
  if (file.starts_with("\xFF\xFE") || file.starts_with("\xFE\xFF"))
    invalid(where,
            fmt::format("is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8 '{}')", where));
  const std::size_t zero = file.find('\0');
  if (zero == std::string_view::npos) return;
  const auto line =
      1 + std::count(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
  invalid(where, fmt::format("line {} holds a NUL byte: is it UTF-16, or no text at all?", line));
}

// Whether all of the first lines have so many of a character, at least one.
bool all_have(std::string_view file, char character) {
  std::ptrdiff_t first = 0;
  std::size_t lines = 0;
  for (; lines < kLinesForSeparators && !file.empty(); ++lines) {
    const std::string_view line = file.substr(0, std::min(file.find('\n'), file.size()));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    const std::ptrdiff_t count = std::count(line.begin(), line.end(), character);
    if (count == 0 || (lines > 0 && count != first)) return false;
    first = count;
  }
  return lines > 1;
}

// Cells between other characters than commas would be read as one.
void check_separator(std::string_view file, const std::string& where) {
  if (all_have(file, ',')) return;
  for (const auto& [separator, name] : {std::pair{'\t', "\\t"}, {';', ";"}, {'|', "|"}})
    if (all_have(file, separator))
      invalid(where, fmt::format("has its columns between '{0}', and commas were expected: "
                                 "pandas.read_csv('{1}', sep='{0}').to_csv('new.csv', index=False)",
                                 name, where));
}

// Finds columns by number or by the name in the first row.
class Columns {
 public:
  Columns(const std::vector<CsvRow>& rows, const TextSettings& settings, bool with_labels,
          const std::string& where)
      : first_(rows.front()), where_(where) {
    named_ = settings.label_column && std::holds_alternative<std::string>(*settings.label_column);
    for (const TextColumn& column : settings.text_columns)
      named_ = named_ || std::holds_alternative<std::string>(column);
    if (settings.label_column && (with_labels || settings.text_columns.empty()))
      label_ = find("label_column", *settings.label_column);
    for (const TextColumn& column : settings.text_columns)
      texts_.push_back(find("text_column", column));
    for (std::size_t c = 0; settings.text_columns.empty() && c < first_.size(); ++c)
      if (c != label_) texts_.push_back(c);
    if (texts_.empty()) invalid(where, "has no column for text beside the label's");
    guessed_ = !named_ && !settings.header && looks_like_header(rows);
    header_ = named_ || settings.header.value_or(guessed_);
  }

  bool header() const { return header_; }
  bool guessed_header() const { return guessed_; }
  const std::string& label(const CsvRow& row) const { return row[*label_]; }
  std::string text(const CsvRow& row) const {
    std::string text;
    for (std::size_t c : texts_) text += (text.empty() ? "" : " ") + row[c];
    return text;
  }

 private:
  std::size_t find(const char* key, const TextColumn& column) const {
    if (const auto* number = std::get_if<std::uint64_t>(&column)) {
      if (*number < first_.size()) return *number;
      invalid(where_, fmt::format("[text] {} = {}, but rows have {} (numbered from 0)", key,
                                  *number, counted(first_.size(), "column")));
    }
    const auto& name = std::get<std::string>(column);
    const auto found = std::find(first_.begin(), first_.end(), name);
    if (std::count(first_.begin(), first_.end(), name) > 1)
      invalid(where_, fmt::format("the first row names '{}' more than once; give [text] {} as a "
                                  "number, from 0",
                                  name, key));
    if (found != first_.end()) return static_cast<std::size_t>(found - first_.begin());
    const std::set<std::string> known(first_.begin(), first_.end());
    invalid(where_, fmt::format("[text] {} = \"{}\", but the first row names no such column{}", key,
                                name, did_you_mean(nearest(name, known))));
  }

  // The first label is a usual name of the column, or the only one that is no number.
  bool looks_like_header(const std::vector<CsvRow>& rows) const {
    if (!label_ || rows.size() < 2) return false;
    std::string first = rows.front()[*label_];
    std::transform(first.begin(), first.end(), first.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto* const usual = std::find(kUsualLabelNames.begin(), kUsualLabelNames.end(), first);
    if (usual != kUsualLabelNames.end()) return true;
    return !is_number(first) && std::all_of(rows.begin() + 1, rows.end(), [&](const CsvRow& row) {
      return is_number(row[*label_]);
    });
  }

  const CsvRow& first_;
  const std::string& where_;
  std::vector<std::size_t> texts_;
  std::optional<std::size_t> label_;
  bool named_ = false, header_ = false, guessed_ = false;
};

std::string_view without_byte_order_mark(std::string_view file) {
  if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
  return file;
}

}  // namespace

Csv csv_rows(std::string_view file, const std::string& where) {
  check_encoding(file, where);
  file = without_byte_order_mark(file);
  check_separator(file, where);
  Csv csv = parse_csv(file, where);
  if (csv.rows.empty()) invalid(where, "has no rows");
  return csv;
}

TextTable csv_table(std::string_view file, const TextSettings& settings, bool with_labels,
                    const std::string& where) {
  const auto [rows, places] = csv_rows(file, where);
  if (with_labels && !settings.label_column)
    invalid(where, "has no labels: [text] label_column says where they stand (numbered from 0)");
  const Columns columns(rows, settings, with_labels, where);
  TextTable table;
  table.skipped_header = columns.guessed_header();
  for (std::size_t r = columns.header() ? 1 : 0; r < rows.size(); ++r) {
    std::string text = columns.text(rows[r]);
    check_text(text, places[r], where);
    table.texts.push_back(std::move(text));
    table.places.push_back(places[r]);
    if (!with_labels) continue;
    check_label(columns.label(rows[r]), places[r], where);
    table.labels.push_back(columns.label(rows[r]));
  }
  if (table.texts.empty()) invalid(where, "has no rows behind the first, which names the columns");
  return table;
}

TextTable line_table(std::string_view file, const std::string& where) {
  check_encoding(file, where);
  file = without_byte_order_mark(file);
  TextTable table;
  RowPlace place;
  while (!file.empty()) {
    ++place.row, ++place.line;
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kMostLineBytes)
      invalid(where, fmt::format("{} is longer than a megabyte; break it into lines{}",
                                 to_string(place), kFromOne));
    if (is_blank(line)) continue;
    check_text(line, place, where);
    table.texts.emplace_back(line);
    table.places.push_back(place);
  }
  if (table.texts.empty()) invalid(where, "has no text");
  return table;
}

}  // namespace amalgam
