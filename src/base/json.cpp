#include "base/json.h"

#include <algorithm>
#include <unordered_set>

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

constexpr std::size_t kBrief = 60;

std::string brief(const Json& value) {
  if (value.is_structured()) return value.type_name();
  std::string text = value.dump(-1, ' ', true);
  if (text.size() > kBrief) text = text.substr(0, kBrief) + "...";
  return text;
}

// Watches the parse: nlohmann-json keeps the last of two equal keys in silence.
class Watch {
 public:
  explicit Watch(const std::string& where) : where_(where) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxJsonDepth) damaged(where_, "JSON is nested too deeply");
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_.back().insert(key).second)
        damaged(where_, "JSON key " + brief(parsed) + " stands twice");
    }
    return true;
  }

 private:
  const std::string& where_;
  std::vector<std::unordered_set<std::string>> keys_;
};

}  // namespace

Json parse_json(Bytes bytes, const std::string& where, std::size_t most_values) {
  if (bytes.size() > kMaxJsonBytes) damaged(where, "JSON of more than 512 MiB");
  const std::string_view text = as_text(bytes);
  // The parser recurses by its own stack, but a bracket bomb is cheaper to refuse before it.
  int depth = 0;
  bool quoted = false;
  std::size_t values = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '{' || c == '[' || c == ',') ++values;
    if (c == '}' || c == ']') --depth;
    if (depth > kMaxJsonDepth) damaged(where, "JSON is nested too deeply");
    if (values > most_values) damaged(where, "JSON holds too many values");
  }
  try {
    Watch watch(where);
    return Json::parse(text.begin(), text.end(), std::ref(watch));
  } catch (const Json::exception& error) {
    damaged(where, std::string("is not valid JSON (") + error.what() + ")");
  }
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
    damaged(where, "expected a whole number that is not negative, found " + brief(value));
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
  for (const auto& [name, value] : object.items())
    if (std::none_of(keys.begin(), keys.end(), [&](const char* key) { return name == key; }))
      damaged(where, "has the unknown field " + brief(name));
}

const Json& json_array(const Json& object, const char* key, const std::string& where) {
  const Json& value = json_member(object, key, where);
  if (!value.is_array())
    damaged(where + "/" + key, std::string("expected a list, found ") + value.type_name());
  return value;
}

}  // namespace amalgam
