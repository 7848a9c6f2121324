#include "base/json_reader.h"

#include "amalgam/error.h"

namespace amalgam {

void JsonReader::refuse(std::string what) const {
  throw Error(ErrorCode::kDamaged, where_, std::move(what));
}

void JsonReader::expected(const char* what) const {
  refuse(std::string("expected ") + what + ", found " + json_brief(*value_));
}

JsonReader JsonReader::operator[](const char* name) const {
  return {json_member(*value_, name, where_), where_ + "/" + name};
}

std::optional<JsonReader> JsonReader::find(const char* name) const {
  if (!value_->is_object()) expected("a JSON object");
  const auto found = value_->find(name);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonReader(*found, where_ + "/" + name);
}

void JsonReader::only(std::initializer_list<const char*> names) const {
  json_only(*value_, names, where_);
}

std::string JsonReader::text() const {
  if (!value_->is_string()) expected("a string");
  return value_->get<std::string>();
}

std::uint64_t JsonReader::number() const { return json_unsigned(*value_, where_); }

std::int64_t JsonReader::integer() const {
  const bool above = value_->is_number_unsigned() && value_->get<std::uint64_t>() > INT64_MAX;
  if (!value_->is_number_integer() || above) expected("a whole number");
  return value_->get<std::int64_t>();
}

double JsonReader::real() const {
  if (!value_->is_number()) expected("a number");
  return value_->get<double>();
}

bool JsonReader::flag() const {
  if (!value_->is_boolean()) expected("true or false");
  return value_->get<bool>();
}

std::vector<JsonReader> JsonReader::elements() const {
  if (!value_->is_array()) expected("a list");
  std::vector<JsonReader> all;
  all.reserve(value_->size());
  for (const Json& element : *value_)
    all.emplace_back(element, where_ + "/" + std::to_string(all.size()));
  return all;
}

std::vector<std::pair<std::string, JsonReader>> JsonReader::members() const {
  if (!value_->is_object()) expected("a JSON object");
  std::vector<std::pair<std::string, JsonReader>> all;
  all.reserve(value_->size());
  for (const auto& [name, member] : value_->items())
    all.emplace_back(name, JsonReader(member, where_ + "/" + name));
  return all;
}

std::vector<std::uint64_t> JsonReader::numbers() const {
  return list([](const JsonReader& element) { return element.number(); });
}

std::vector<std::string> JsonReader::texts() const {
  return list([](const JsonReader& element) { return element.text(); });
}

}  // namespace amalgam
