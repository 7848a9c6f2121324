#include "formats/tabular_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "amalgam/error.h"
#include "base/bytes.h"
#include "base/file.h"
#include "formats/row_numbers.h"
#include "formats/tabular_fit.h"
#include "formats/text_table.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

using Kind = TabularColumn::Kind;

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

TabularTargets targets_of(const DatasetOptions& options) {
  TabularTargets targets{options.targets, TargetReading::kClasses};
  targets.others = options.others_targets;
  targets.needed = options.text.labels != TextReading::Labels::kNone && !options.any_targets;
  if (options.text.labels == TextReading::Labels::kNumbers)
    targets.reading = TargetReading::kNumbers;
  if (options.any_targets) targets.reading = TargetReading::kByValues;
  return targets;
}

// One column's cells as numbers.
class ColumnReader {
 public:
  ColumnReader(const TabularColumn& column, bool fill, const std::string& where)
      : column_(column), fill_(fill), where_(where) {
    for (std::size_t i = 0; i < column.values.size(); ++i)
      numbers_.emplace(column.values[i], static_cast<std::int64_t>(i));
  }

  float number(const std::string& cell, const RowPlace& place) const {
    const bool missing = is_missing(cell);
    if (missing && (column_.kind == Kind::kNumbers || !fill_)) no_value(place);
    const auto found = missing ? std::optional(column_.filled_by) : number_in(cell);
    if (!found)
      invalid(where_, fmt::format("{} has '{}' in '{}', which is no number{}", to_string(place),
                                  clipped(cell), column_.name, kFromOne));
    return static_cast<float>((*found - column_.mean) / column_.deviation);
  }

  std::int64_t category(const std::string& cell, const RowPlace& place) const {
    const std::string value(is_missing(cell) ? "" : trimmed(cell));
    const auto found = numbers_.find(value);
    if (found != numbers_.end()) return found->second;
    if (value.empty()) no_value(place);
    invalid(where_,
            fmt::format("{} has '{}' in '{}', which the training data lacks (it has '{}'){}",
                        to_string(place), clipped(value), column_.name,
                        fmt::join(column_.values, "', '"), kFromOne));
  }

 private:
  [[noreturn]] void no_value(const RowPlace& place) const {
    invalid(where_, fmt::format("{} has no '{}'{}", to_string(place), column_.name, kFromOne));
  }

  const TabularColumn& column_;
  bool fill_;
  const std::string& where_;
  std::map<std::string, std::int64_t> numbers_;
};

Field field(std::string name, DType dtype, Shape shape, std::vector<std::byte> bytes, Role role) {
  return {std::move(name), {dtype, std::move(shape), memory_source(std::move(bytes))}, role};
}

// The rows of one file, by a fit.
class Rows {
 public:
  Rows(const Csv& csv, const TabularFit& fit, const std::string& where) : csv_(csv), fit_(fit) {
    const CsvRow& names = csv.rows.front();
    for (const TabularColumn& column : fit.columns) {
      const auto found = std::find(names.begin(), names.end(), column.name);
      if (found == names.end())
        invalid(where, fmt::format("has no column '{}', which the training data has", column.name));
      places_.push_back(static_cast<std::size_t>(found - names.begin()));
      readers_.emplace_back(column, fit.fill, where);
    }
  }

  void add_features(Dataset& data) const {
    std::vector<std::byte> numbers, categories;
    std::uint64_t width = 0, indexed = 0;
    for (const TabularColumn& column : fit_.columns) {
      if (column.kind == Kind::kNumeric) ++width;
      if (column.kind != Kind::kCategorical) continue;
      (fit_.one_hot ? width : indexed) += fit_.one_hot ? column.values.size() : 1;
    }
    for (std::size_t r = 1; r < csv_.rows.size(); ++r) add_row(r, numbers, categories);
    if (width > 0)
      data.add(field("x", DType::kFloat32, {count(), width}, std::move(numbers), Role::kFeature));
    if (indexed > 0)
      data.add(field("categories", DType::kInt64, {count(), indexed}, std::move(categories),
                     Role::kFeature));
    if (width + indexed == 0) invalid(data.where, "has no column beside the targets'");
  }

  void add_target(const std::string& name, bool alone, Dataset& data) const {
    const std::size_t c = place_of(name);
    const TabularColumn& column = fit_.columns[c];
    std::vector<std::byte> bytes;
    for (std::size_t r = 1; r < csv_.rows.size(); ++r)
      if (column.kind == Kind::kNumbers)
        append_le(bytes, readers_[c].number(cell(r, c), csv_.places[r]));
      else
        append_le(bytes, readers_[c].category(cell(r, c), csv_.places[r]));
    const DType dtype = column.kind == Kind::kNumbers ? DType::kFloat32 : DType::kInt64;
    data.add(field(name, dtype, {count()}, std::move(bytes), Role::kTarget));
    if (alone && column.kind == Kind::kClasses) data.classes = column.values;
  }

  // All of them, side by side.
  void add_numbers(const std::vector<std::string>& names, Dataset& data) const {
    std::vector<std::byte> bytes;
    for (std::size_t r = 1; r < csv_.rows.size(); ++r)
      for (const std::string& name : names) {
        const std::size_t c = place_of(name);
        append_le(bytes, readers_[c].number(cell(r, c), csv_.places[r]));
      }
    data.add(field("y", DType::kFloat32, {count(), names.size()}, std::move(bytes), Role::kTarget));
  }

 private:
  std::uint64_t count() const { return csv_.rows.size() - 1; }
  const std::string& cell(std::size_t r, std::size_t c) const { return csv_.rows[r][places_[c]]; }

  std::size_t place_of(const std::string& name) const {
    const auto found = std::find_if(fit_.columns.begin(), fit_.columns.end(),
                                    [&](const TabularColumn& one) { return one.name == name; });
    return static_cast<std::size_t>(found - fit_.columns.begin());
  }

  void add_row(std::size_t r, std::vector<std::byte>& numbers,
               std::vector<std::byte>& categories) const {
    for (std::size_t c = 0; c < fit_.columns.size(); ++c) {
      const TabularColumn& column = fit_.columns[c];
      if (column.kind == Kind::kNumeric) {
        append_le(numbers, readers_[c].number(cell(r, c), csv_.places[r]));
      } else if (column.kind == Kind::kCategorical) {
        const std::int64_t value = readers_[c].category(cell(r, c), csv_.places[r]);
        if (!fit_.one_hot)
          append_le(categories, value);
        else
          for (std::size_t i = 0; i < column.values.size(); ++i)
            append_le(numbers, static_cast<std::int64_t>(i) == value ? 1.0F : 0.0F);
      }
    }
  }

  const Csv& csv_;
  const TabularFit& fit_;
  std::vector<std::size_t> places_;
  std::vector<ColumnReader> readers_;
};

}  // namespace

Dataset tabular_dataset(std::string_view text, const std::string& where,
                        const DatasetOptions& options) {
  const Csv csv = csv_rows(text, where);
  Dataset data;
  data.where = where;
  if (options.like && !options.like->tabular)
    invalid(where, "is a table, and the training data is not");
  const TabularTargets targets = targets_of(options);
  data.tabular =
      options.like
          ? options.like->tabular
          : std::make_shared<const TabularFit>(fit_table(csv, options.tabular, targets, where));
  const Rows rows(csv, *data.tabular, where);
  rows.add_features(data);
  if (targets.reading == TargetReading::kNumbers && targets.names.size() > 1)
    rows.add_numbers(targets.names, data);
  else
    for (const std::string& name : targets.names)
      rows.add_target(name, targets.names.size() == 1, data);
  if (data.rows() == 0) invalid(where, "has no rows behind the first, which names the columns");
  return data;
}

Dataset read_tabular(const std::filesystem::path& path, const DatasetOptions& options) {
  const auto file = MappedFile::open(path);
  return tabular_dataset(as_text(file->bytes()), path.string(), options);
}

}  // namespace amalgam
