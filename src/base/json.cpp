#include "base/json.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/limits.h"

namespace amalgam {

std::string json_brief(const Json& value) {
  constexpr std::size_t kMost = 60;
  if (value.is_structured()) return value.type_name();
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

// Builds a document as it is parsed. The library's own builder looks through all members of an
// object for each new one, and through all elements of a list for each that ends; it also keeps the
// last of two equal keys in silence.
class Builder : public Json::json_sax_t {
 public:
  explicit Builder(const std::string& where, std::size_t most_values = SIZE_MAX)
      : where_(where), left_(most_values) {}

  Json finish() { return std::move(root_); }
  const std::string& error() const { return error_; }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(Json::number_integer_t value) override { return add(value); }
  bool number_unsigned(Json::number_unsigned_t value) override { return add(value); }
  bool number_float(Json::number_float_t value, const std::string&) override { return add(value); }
  bool string(std::string& value) override { return add(std::move(value)); }
  bool binary(Json::binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& key) override {
    Level& level = open_.back();
    if (stands_twice(level, key)) damaged(where_, "JSON key " + json_brief(key) + " stands twice");
    key_ = std::move(key);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
    error_ = error.what();
    return false;
  }

 private:
  struct Level {
    Json* json;
    std::unordered_set<std::string> keys;  // of an object with many
  };
  static constexpr std::size_t kFew = 12;

  static bool stands_twice(Level& level, const std::string& key) {
    const auto& members = level.json->get_ref<const Json::object_t&>();
    if (members.size() < kFew)
      return std::any_of(members.begin(), members.end(),
                         [&](const auto& member) { return member.first == key; });
    if (level.keys.empty())
      for (const auto& [name, value] : members) level.keys.insert(name);
    return !level.keys.insert(key).second;
  }

  Json* put(Json value) {
    if (left_-- == 0) damaged(where_, "JSON holds too many values");
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back().json;
    if (parent.is_array()) {
      auto& elements = parent.get_ref<Json::array_t&>();
      return &elements.emplace_back(std::move(value));
    }
    json_append(parent, std::move(key_), std::move(value));
    return &parent.get_ref<Json::object_t&>().back().second;
  }

  bool add(Json value) {
    put(std::move(value));
    return true;
  }

  bool open(Json value) {
    check_limit(open_.size() + 1, kJsonDepth, where_);
    Json* at = put(std::move(value));
    open_.push_back({at, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& where_;
  std::size_t left_;  // values that may still come
  Json root_;
  std::vector<Level> open_;
  std::string key_, error_;
};

}  // namespace

void json_append(Json& object, std::string name, Json value) {
  object.get_ref<Json::object_t&>().emplace_back(std::move(name), std::move(value));
}

Json parse_json(Bytes bytes, const std::string& where, std::size_t most_values) {
  check_limit(bytes.size(), kJsonBytes, where);
  const std::string_view text = as_text(bytes);
  Builder builder(where, most_values);
  if (!Json::sax_parse(text.begin(), text.end(), &builder))
    damaged(where, "is not valid JSON (" + builder.error() + ")");
  return builder.finish();
}

std::optional<Json> parse_json_string(const std::string& text, const std::string& where) {
  Builder builder(where);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return builder.finish();
}

const Json& json_member(const Json& object, const char* key, const std::string& where) {
  if (!object.is_object())
    damaged(where, std::string("expected a JSON object, found ") + object.type_name());
  const auto found = object.find(key);
  if (found == object.end()) damaged(where, std::string("lacks the field '") + key + "'");
  return *found;
}

std::string json_string(const Json& object, const char* key, const std::string& where) {
  const Json& value = json_member(object, key, where);
  if (!value.is_string())
    damaged(where + "/" + key, std::string("expected a string, found ") + value.type_name());
  return value.get<std::string>();
}

std::uint64_t json_unsigned(const Json& value, const std::string& where) {
  if (!value.is_number_unsigned())
    damaged(where, "expected a whole number that is not negative, found " + json_brief(value));
  return value.get<std::uint64_t>();
}

bool json_bool(const Json& object, const char* key, const std::string& where) {
  const Json& value = json_member(object, key, where);
  if (!value.is_boolean())
    damaged(where + "/" + key, std::string("expected true or false, found ") + value.type_name());
  return value.get<bool>();
}

void json_only(const Json& object, std::initializer_list<const char*> keys,
               const std::string& where) {
  for (const char* key : keys) json_member(object, key, where);
  if (object.size() == keys.size()) return;
  for (const auto& member : object.items()) {
    const std::string& name = member.key();
    if (std::none_of(keys.begin(), keys.end(), [&](const char* key) { return name == key; }))
      damaged(where, "has the unknown field " + json_brief(name));
  }
}

const Json& json_array(const Json& object, const char* key, const std::string& where) {
  const Json& value = json_member(object, key, where);
  if (!value.is_array())
    damaged(where + "/" + key, std::string("expected a list, found ") + value.type_name());
  return value;
}

}  // namespace amalgam
