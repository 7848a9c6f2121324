// JSON from files that may be hostile: duplicate keys, deep nesting and huge documents are refused.
// Takes time in proportion to the document, whatever its members.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace amalgam {

using Json = nlohmann::ordered_json;

// Throws kDamaged, naming `where` and the byte, or kUnsupported, naming the limit (base/limits.h).
// A document is refused at its value number `most_values` + 1.
Json parse_json(Bytes bytes, const std::string& where, std::size_t most_values = SIZE_MAX);

// JSON that stands in a string of another document; nothing where the string is no JSON. Throws
// kDamaged where a key stands twice, and kUnsupported where it is nested too deeply.
std::optional<Json> parse_json_string(const std::string& text, const std::string& where);

// Adds a member that is not there yet: object[name] would look through all the others first.
void json_append(Json& object, std::string name, Json value);

// A value as messages show it: its first 60 characters, or what kind of value it is.
std::string json_brief(const Json& value);

// Members with their type checked; errors name `where` and the member, what was found and what was
// expected.
const Json& json_member(const Json& object, const char* key, const std::string& where);
std::string json_string(const Json& object, const char* key, const std::string& where);
std::uint64_t json_unsigned(const Json& value, const std::string& where);
bool json_bool(const Json& object, const char* key, const std::string& where);
const Json& json_array(const Json& object, const char* key, const std::string& where);
// Refuses an object with other members than these.
void json_only(const Json& object, std::initializer_list<const char*> keys,
               const std::string& where);

}  // namespace amalgam
