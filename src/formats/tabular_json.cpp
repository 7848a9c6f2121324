#include <array>
#include <cmath>

#include "amalgam/tabular.h"
#include "base/json_reader.h"

namespace amalgam {
namespace {

using Kind = TabularColumn::Kind;

constexpr std::array<const char*, 4> kKinds = {"numeric", "categorical", "classes",
                                               "numbers"};  // by Kind
constexpr std::size_t kMostValues = std::size_t{1} << 22;   // of the JSON

bool has_values(Kind kind) { return kind == Kind::kCategorical || kind == Kind::kClasses; }

Kind read_kind(const JsonReader& json) {
  const std::string text = json.text();
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind)
    if (text == kKinds[kind]) return static_cast<Kind>(kind);
  json.refuse("is an unknown kind of column");
}

double read_finite(const JsonReader& json) {
  const double number = json.real();
  if (!std::isfinite(number)) json.refuse("must be finite");
  return number;
}

TabularColumn read_column(const JsonReader& json) {
  TabularColumn column;
  column.name = json["name"].text();
  column.kind = read_kind(json["kind"]);
  if (has_values(column.kind)) column.values = json["values"].texts();
  if (column.kind != Kind::kNumeric) return column;
  column.mean = read_finite(json["mean"]);
  column.deviation = read_finite(json["deviation"]);
  column.filled_by = read_finite(json["filled_by"]);
  if (column.deviation <= 0) json["deviation"].refuse("must be above 0");
  return column;
}

// One of two words: whether it is the first.
bool read_choice(const JsonReader& json, const char* first, const char* second) {
  const std::string text = json.text();
  if (text != first && text != second)
    json.refuse(std::string("must be '") + first + "' or '" + second + "'");
  return text == first;
}

}  // namespace

std::string TabularFit::serialised() const {
  Json list = Json::array();
  for (const TabularColumn& column : columns) {
    Json json = {{"name", column.name}, {"kind", kKinds[static_cast<std::size_t>(column.kind)]}};
    if (column.kind == Kind::kNumeric)
      json.update({{"mean", column.mean},
                   {"deviation", column.deviation},
                   {"filled_by", column.filled_by}});
    if (has_values(column.kind)) json["values"] = column.values;
    list.push_back(std::move(json));
  }
  return Json{{"encode", one_hot ? "one_hot" : "index"},
              {"missing", fill ? "fill" : "refuse"},
              {"columns", std::move(list)}}
             .dump(2) +
         "\n";
}

TabularFit TabularFit::parsed(std::string_view text, const std::string& where) {
  const Json document = parse_json(as_bytes(text), where, kMostValues);
  const JsonReader json(document, where);
  json.only({"encode", "missing", "columns"});
  TabularFit fit;
  fit.one_hot = read_choice(json["encode"], "one_hot", "index");
  fit.fill = read_choice(json["missing"], "fill", "refuse");
  fit.columns = json["columns"].list(read_column);
  return fit;
}

}  // namespace amalgam
