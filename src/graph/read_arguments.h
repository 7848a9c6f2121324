// Arguments of the export schema (torch/_export/serde/schema.py) as arguments of the graph.
#pragma once

#include <functional>
#include <string>

#include "amalgam/graph.h"
#include "base/json.h"

namespace amalgam {

// Looks up the value of a name, throwing kDamaged when nothing defined it.
using ValueLookup = std::function<ValueId(const std::string& name, const std::string& where)>;

// The only member of a union: its tag and its value.
std::pair<std::string, const Json*> union_member(const Json& value, const std::string& where);

// Every argument kind but graphs. Throws kUnsupported by name for what has no place in a job:
// custom objects, operators, dictionaries, tags that are unknown, strings that could be more than a
// word.
Argument read_argument(const Json& value, const ValueLookup& lookup, const std::string& where);

// Whether `text` is a Python identifier and no keyword: what may become code.
bool is_identifier(std::string_view text);

}  // namespace amalgam
