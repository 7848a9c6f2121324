// JSON from files that may be hostile: duplicate keys, deep nesting and huge documents are refused.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.h"

namespace amalgam {

using Json = nlohmann::ordered_json;

inline constexpr std::size_t kMaxJsonBytes = std::size_t{512} << 20;
inline constexpr int kMaxJsonDepth = 256;

// Throws kDamaged, naming `where` and the byte. A document of more than `most_values` values is
// refused before it takes any memory.
Json parse_json(Bytes bytes, const std::string& where, std::size_t most_values = SIZE_MAX);

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
