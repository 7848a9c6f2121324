#include "formats/arguments.h"

namespace amalgam {

const RecipeArgument* find_argument(std::span<const RecipeArgument> arguments,
                                    std::string_view name) {
  for (const RecipeArgument& argument : arguments)
    if (argument.name == name) return &argument;
  return nullptr;
}

Json default_of(const RecipeArgument& argument) {
  switch (argument.kind) {
    case ArgumentKind::kNumber:
      return argument.fallback;
    case ArgumentKind::kWhole:
      return static_cast<std::int64_t>(argument.fallback);
    case ArgumentKind::kFlag:
      return argument.fallback != 0;
    case ArgumentKind::kPair:
      return argument.pair;
    case ArgumentKind::kWord:
      return argument.words.front();
    case ArgumentKind::kWholes:
    case ArgumentKind::kWeights:
      break;
  }
  return nullptr;
}

Json setting_json(const RecipeArgument& argument, const Setting& setting) {
  const auto whole = [](double value) { return static_cast<std::int64_t>(value); };
  if (argument.kind == ArgumentKind::kWhole) return whole(std::get<double>(setting));
  if (argument.kind == ArgumentKind::kWholes) {
    Json list = Json::array();
    for (const double value : std::get<std::vector<double>>(setting)) list.push_back(whole(value));
    return list;
  }
  return std::visit([](const auto& value) { return Json(value); }, setting);
}

Json arguments_json(const Settings& settings, std::span<const RecipeArgument> arguments) {
  Json json = Json::object();
  for (const RecipeArgument& argument : arguments) {
    const auto found = settings.find(std::string(argument.name));
    json[std::string(argument.name)] =
        found == settings.end() ? default_of(argument) : setting_json(argument, found->second);
  }
  return json;
}

}  // namespace amalgam
