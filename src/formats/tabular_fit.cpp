#include "formats/tabular_fit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "amalgam/error.h"
#include "base/counted.h"
#include "base/sums.h"
#include "formats/categories.h"
#include "formats/look_alikes.h"
#include "formats/nearest.h"
#include "formats/row_numbers.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

using Kind = TabularColumn::Kind;

constexpr std::array<std::string_view, 8> kMissing = {"NA",   "N/A",  "NaN",  "nan",
                                                      "NULL", "null", "None", "?"};
// More columns of 0 and 1 than this are no table, but texts or names of rows.
constexpr std::size_t kMostCategories = 1000;

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

// The training rows of one file.
class Fitter {
 public:
  Fitter(const Csv& csv, const TabularSettings& settings, const TabularTargets& targets,
         const std::string& where)
      : csv_(csv),
        names_(csv.rows.front()),
        settings_(settings),
        targets_(targets),
        where_(where) {}

  TabularFit fit() {
    check_names();
    TabularFit fit;
    fit.one_hot = settings_.one_hot;
    fit.fill = settings_.fill;
    for (std::size_t c = 0; c < names_.size(); ++c)
      if (is_taken(names_[c])) fit.columns.push_back(column(c));
    return fit;
  }

 private:
  static bool is_in(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  // Whether it becomes a target or a feature.
  bool is_taken(const std::string& name) const {
    if (is_in(targets_.names, name)) return true;
    if (is_in(settings_.ignore, name)) return false;
    const bool named = is_in(settings_.numeric, name) || is_in(settings_.categorical, name);
    return named || !is_in(targets_.others, name);
  }

  void check_names() const {
    if (csv_.rows.size() < 2)
      invalid(where_, "has no rows behind the first, which names the columns");
    for (std::size_t c = 0; c < names_.size(); ++c)
      if (find_invalid_utf8(names_[c]))
        invalid(where_, fmt::format("the first row is not UTF-8 in the name of column {}{}", c + 1,
                                    kFromOne));
    const std::set<std::string> known(names_.begin(), names_.end());
    if (known.size() != names_.size())
      invalid(where_,
              "the first row names a column twice: it has to name each column, as in age,job");
    if (std::all_of(names_.begin(), names_.end(),
                    [](const std::string& name) { return number_in(name).has_value(); }))
      invalid(where_, "the first row holds numbers, and it has to name the columns, as in age,job");
    if (targets_.needed && targets_.names.empty())
      invalid(where_, "has no targets: [data] targets says which columns they are, of " + listed());
    for (const auto& [key, some] : {std::pair{"[data] targets", &targets_.names},
                                    {"[table] numeric", &settings_.numeric},
                                    {"[table] categorical", &settings_.categorical},
                                    {"[table] ignore", &settings_.ignore}})
      for (const std::string& name : *some)
        if (!known.count(name))
          invalid(where_, fmt::format("has no column '{}', which {} names; it has {}{}", name, key,
                                      listed(), did_you_mean(nearest(name, known))));
    for (const std::string& name : settings_.numeric)
      if (is_in(settings_.categorical, name))
        invalid(where_,
                fmt::format("'{}' is numeric and categorical in [table]; it is one of them", name));
  }

  std::string listed() const { return fmt::format("'{}'", fmt::join(names_, "', '")); }

  TabularColumn column(std::size_t c) const {
    TabularColumn out{names_[c], Kind::kNumeric, 0, 1, 0, {}};
    if (is_in(targets_.names, out.name)) {
      out.kind = target_kind(c);
    } else if (is_in(settings_.categorical, out.name) ||
               (!is_in(settings_.numeric, out.name) && !all_numbers(c))) {
      out.kind = Kind::kCategorical;
    }
    if (out.kind == Kind::kNumeric || out.kind == Kind::kNumbers)
      fit_numbers(c, out);
    else
      fit_values(c, out);
    return out;
  }

  Kind target_kind(std::size_t c) const {
    if (targets_.reading == TargetReading::kNumbers) return Kind::kNumbers;
    if (targets_.reading == TargetReading::kClasses || !all_numbers(c)) return Kind::kClasses;
    for (std::size_t r = 1; r < csv_.rows.size(); ++r) {
      const auto number = number_in(csv_.rows[r][c]);
      if (number && *number != std::floor(*number)) return Kind::kNumbers;
    }
    return Kind::kClasses;
  }

  bool all_numbers(std::size_t c) const {
    return std::all_of(csv_.rows.begin() + 1, csv_.rows.end(),
                       [c](const CsvRow& row) { return is_missing(row[c]) || number_in(row[c]); });
  }

  bool is_target(const TabularColumn& column) const {
    return column.kind == Kind::kClasses || column.kind == Kind::kNumbers;
  }

  void refuse_missing(std::size_t r, const TabularColumn& column) const {
    const std::string place = to_string(csv_.places[r]);
    if (is_target(column))
      invalid(where_,
              fmt::format("{} has no '{}', which is a target{}: fill it in, or leave the row "
                          "out",
                          place, column.name, kFromOne));
    if (!settings_.fill)
      invalid(
          where_,
          fmt::format("{} has no '{}'{}: fill it in, leave the row or the column out ([table] "
                      "ignore), or [table] missing = \"fill\" (the mean of the training rows, or "
                      "a category of its own)",
                      place, column.name, kFromOne));
  }

  void fit_numbers(std::size_t c, TabularColumn& out) const {
    Sums sums;
    for (std::size_t r = 1; r < csv_.rows.size(); ++r) {
      const std::string& cell = csv_.rows[r][c];
      if (is_missing(cell)) {
        refuse_missing(r, out);
        continue;
      }
      const auto number = number_in(cell);
      if (!number)
        invalid(where_,
                fmt::format("{} has '{}' in '{}', which is no number{}; [table] categorical "
                            "is for columns of words",
                            to_string(csv_.places[r]), clipped(cell), out.name, kFromOne));
      if (sums.count == 0) sums.origin = *number;
      sums.add(*number);
    }
    if (sums.count == 0)
      invalid(where_, fmt::format("'{}' has no value at all; [table] ignore "
                                  "leaves it out",
                                  out.name));
    out.filled_by = sums.mean();
    if (out.kind != Kind::kNumeric || !settings_.standardize) return;
    out.mean = sums.mean();
    const double deviation = std::sqrt(sums.variance());
    if (!sums.constant() && deviation > 0) out.deviation = deviation;
  }

  void fit_values(std::size_t c, TabularColumn& out) const {
    std::vector<std::string> values;
    for (std::size_t r = 1; r < csv_.rows.size(); ++r) {
      std::string cell(trimmed(csv_.rows[r][c]));
      if (find_invalid_utf8(cell))
        invalid(where_, fmt::format("{} is not UTF-8 in '{}'{}", to_string(csv_.places[r]),
                                    out.name, kFromOne));
      if (is_missing(cell)) {
        refuse_missing(r, out);
        cell.clear();
      }
      values.push_back(std::move(cell));
    }
    out.values = categories_of(std::move(values));
    if (out.kind == Kind::kCategorical && settings_.one_hot && out.values.size() > kMostCategories)
      invalid(where_,
              fmt::format("'{}' has {}, more than {}, of which columns can be made; leave it "
                          "out ([table] ignore), or take encode = \"index\"",
                          out.name, counted(out.values.size(), "category", "categories"),
                          kMostCategories));
    if (const auto wrong = find_look_alikes(out.values))
      invalid(where_, fmt::format("'{}' has {}", out.name, *wrong));
  }

  const Csv& csv_;
  const CsvRow& names_;
  const TabularSettings& settings_;
  const TabularTargets& targets_;
  const std::string& where_;
};

}  // namespace

std::string_view trimmed(std::string_view cell) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = cell.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return cell.substr(first, cell.find_last_not_of(kBlank) - first + 1);
}

bool is_missing(std::string_view cell) {
  const std::string_view text = trimmed(cell);
  return text.empty() || std::find(kMissing.begin(), kMissing.end(), text) != kMissing.end();
}

std::optional<double> number_in(std::string_view cell) {
  std::string_view text = trimmed(cell);
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

TabularFit fit_table(const Csv& csv, const TabularSettings& settings, const TabularTargets& targets,
                     const std::string& where) {
  return Fitter(csv, settings, targets, where).fit();
}

}  // namespace amalgam
