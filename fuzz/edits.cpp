#include "edits.h"

namespace amalgam::fuzz {
namespace {

constexpr std::size_t kEdit = 5, kMostEdits = 4;
constexpr std::size_t kCopy = 255;

void collect(Json& value, std::vector<Json*>& places) {
  places.push_back(&value);
  if (value.is_structured())
    for (Json& inner : value) collect(inner, places);
}

const std::vector<Json>& replacements() {
  static const std::vector<Json> all = {0,
                                        1,
                                        2,
                                        -1,
                                        5,
                                        1u << 16,
                                        std::uint64_t{1} << 32,
                                        1.5,
                                        true,
                                        false,
                                        nullptr,
                                        "",
                                        "../..",
                                        std::uint64_t{1} << 63,
                                        "a\x1b",
                                        "x",
                                        "0",
                                        "float32",
                                        "data",
                                        "int64",
                                        UINT64_MAX,
                                        Json::array(),
                                        Json::object(),
                                        Json::array({Json::array({0, 1})})};
  return all;
}

void edit(Json& document, Bytes bytes) {
  std::vector<Json*> places;
  collect(document, places);
  Json& at = *places[load_le<std::uint16_t>(bytes, 0) % places.size()];
  const auto choice = std::to_integer<std::size_t>(bytes[2]);
  if (choice == kCopy)
    at = Json(*places[load_le<std::uint16_t>(bytes, 3) % places.size()]);
  else if (choice < replacements().size())
    at = replacements()[choice];
  else if (at.is_array() && !at.empty())
    at.push_back(Json(at[choice % at.size()]));
  else if (at.is_number_unsigned())
    at = at.get<std::uint64_t>() + choice - replacements().size();
}

}  // namespace

Json edited(Json document, Bytes edits) {
  for (std::size_t i = 0; i < kMostEdits && edits.size() >= kEdit; ++i) {
    edit(document, edits.first(kEdit));
    edits = edits.subspan(kEdit);
  }
  return document;
}

Json changed(Json document, const char* pointer, const char* value) {
  const Json::json_pointer at(pointer);
  Json parsed = Json::parse(value, nullptr, false);
  if (!parsed.is_discarded())
    document[at] = std::move(parsed);
  else if (Json& parent = document.at(at.parent_pointer()); parent.is_object())
    parent.erase(at.back());
  else
    parent.erase(std::stoul(at.back()));
  return document;
}

}  // namespace amalgam::fuzz
