#include "graph/read_arguments.h"

#include <algorithm>
#include <array>
#include <limits>

#include "formats/pt2.h"

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}
[[noreturn]] void unsupported(const std::string& where, std::string what) {
  throw Error(ErrorCode::kUnsupported, where, std::move(what));
}

std::int64_t read_int(const Json& value, const std::string& where) {
  if (!value.is_number_integer()) damaged(where, "expected a whole number, found " + value.dump());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    damaged(where, "a number does not fit in 64 bits");
  return value.get<std::int64_t>();
}

// Not-finite numbers are written as strings.
double read_float(const Json& value, const std::string& where) {
  if (value.is_number()) return value.get<double>();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  damaged(where, "expected a number, found " + value.dump().substr(0, 40));
}

bool read_bool(const Json& value, const std::string& where) {
  if (!value.is_boolean()) damaged(where, "expected true or false, found " + value.dump());
  return value.get<bool>();
}

// Strings are modes ("constant", "tanh") and einsum equations; nothing else may reach a job.
std::string read_word(const Json& value, const std::string& where) {
  if (!value.is_string()) damaged(where, "expected a string");
  const auto text = value.get<std::string>();
  const bool plain = text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("_,->. ").find(c) != std::string_view::npos;
                     });
  if (!plain)
    unsupported(where,
                "has a string argument that is no plain mode or equation; it can't go into a job");
  return text;
}

std::string read_memory_format(const Json& value, const std::string& where) {
  switch (read_int(value, where)) {
    case 1:
      return "contiguous_format";
    case 2:
      return "channels_last";
    case 3:
      return "channels_last_3d";
    case 4:
      return "preserve_format";
    default:
      unsupported(where, "has memory format number " + value.dump());
  }
}

Argument read_tensor(const Json& value, const ValueLookup& lookup, const std::string& where) {
  return {ValueRef{lookup(json_string(value, "name", where), where)}};
}

template <typename Read>
Argument read_list(const Json& value, const std::string& where, Read read) {
  if (!value.is_array()) damaged(where, std::string("expected a list, found ") + value.type_name());
  ArgumentList list;
  for (const Json& item : value) list.push_back(read(item));
  return {std::move(list)};
}

// {"as_name": ...} or a plain number: symbolic ints, floats and bools, alone or in lists.
Argument read_symbolic(const Json& value, const ValueLookup& lookup, const std::string& where) {
  const auto [tag, inner] = union_member(value, where);
  if (tag == "as_name") {
    if (!inner->is_string()) damaged(where, "expected a name");
    return {ValueRef{lookup(inner->get<std::string>(), where)}};
  }
  if (tag == "as_int") return {read_int(*inner, where)};
  if (tag == "as_float") return {read_float(*inner, where)};
  if (tag == "as_bool") return {read_bool(*inner, where)};
  unsupported(where, "has a symbolic argument of the unknown kind '" + tag + "'");
}

Argument read_optional(const Json& value, const ValueLookup& lookup, const std::string& where) {
  const auto [tag, inner] = union_member(value, where);
  if (tag == "as_none") return {None{}};
  if (tag == "as_tensor") return read_tensor(*inner, lookup, where);
  unsupported(where, "has an optional tensor of the unknown kind '" + tag + "'");
}

std::optional<Argument> read_scalar(const std::string& tag, const Json& value,
                                    const std::string& where) {
  if (tag == "as_none") return Argument{None{}};
  if (tag == "as_int") return Argument{read_int(value, where)};
  if (tag == "as_float") return Argument{read_float(value, where)};
  if (tag == "as_bool") return Argument{read_bool(value, where)};
  if (tag == "as_string") return Argument{read_word(value, where)};
  if (tag == "as_scalar_type")
    return Argument{DTypeArgument{dtype_from_schema(read_int(value, where), where)}};
  if (tag == "as_memory_format")
    return Argument{MemoryFormatArgument{read_memory_format(value, where)}};
  if (tag == "as_device") return Argument{DeviceArgument{}};
  if (tag == "as_complex")
    return Argument{Complex{read_float(json_member(value, "real", where), where),
                            read_float(json_member(value, "imag", where), where)}};
  if (tag == "as_layout") {
    if (read_int(value, where) != 7) unsupported(where, "asks for a sparse layout");
    return Argument{LayoutArgument{}};
  }
  return std::nullopt;
}

std::optional<Argument> read_any_list(const std::string& tag, const Json& value,
                                      const ValueLookup& lookup, const std::string& where) {
  auto each = [&](auto read) { return read_list(value, where, read); };
  auto ints = [&](const Json& item) { return Argument{read_int(item, where)}; };
  auto floats = [&](const Json& item) { return Argument{read_float(item, where)}; };
  auto tensor = [&](const Json& item) { return read_tensor(item, lookup, where); };
  if (tag == "as_ints") return each(ints);
  if (tag == "as_floats") return each(floats);
  if (tag == "as_bools")
    return each([&](const Json& item) { return Argument{read_bool(item, where)}; });
  if (tag == "as_strings")
    return each([&](const Json& item) { return Argument{read_word(item, where)}; });
  if (tag == "as_tensors") return each(tensor);
  if (tag == "as_sym_ints" || tag == "as_sym_floats" || tag == "as_sym_bools")
    return each([&](const Json& item) { return read_symbolic(item, lookup, where); });
  if (tag == "as_optional_tensors")
    return each([&](const Json& item) { return read_optional(item, lookup, where); });
  if (tag == "as_int_lists")
    return each([&](const Json& item) { return read_list(item, where, ints); });
  if (tag == "as_float_lists")
    return each([&](const Json& item) { return read_list(item, where, floats); });
  if (tag == "as_nested_tensors")
    return each([&](const Json& item) { return read_list(item, where, tensor); });
  return std::nullopt;
}

constexpr std::array<std::string_view, 36> kKeywords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",    "print"};

}  // namespace

std::pair<std::string, const Json*> union_member(const Json& value, const std::string& where) {
  if (!value.is_object() || value.size() != 1)
    damaged(where, "expected an object with one member, found " + value.dump().substr(0, 60));
  return {value.begin().key(), &value.begin().value()};
}

Argument read_argument(const Json& value, const ValueLookup& lookup, const std::string& where) {
  const auto [tag, inner] = union_member(value, where);
  if (tag == "as_tensor") return read_tensor(*inner, lookup, where);
  if (tag == "as_sym_int" || tag == "as_sym_float" || tag == "as_sym_bool")
    return read_symbolic(*inner, lookup, where);
  if (tag == "as_optional_tensor") return read_optional(*inner, lookup, where);
  if (auto scalar = read_scalar(tag, *inner, where)) return *scalar;
  if (auto list = read_any_list(tag, *inner, lookup, where)) return *list;
  if (tag == "as_custom_obj" || tag == "as_operator" || tag == "as_string_to_argument" ||
      tag == "as_graph")
    unsupported(where, "takes an argument of kind '" + tag + "', which can't go into a job");
  unsupported(where, "has an argument of the unknown kind '" + tag.substr(0, 40) +
                         "'; this archive is newer than PyTorch 2.13");
}

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > 96 || (text[0] >= '0' && text[0] <= '9')) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return plain && !text.starts_with("__") &&
         std::find(kKeywords.begin(), kKeywords.end(), text) == kKeywords.end();
}

}  // namespace amalgam
