#include "formats/recipe_arguments.h"

#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

using Kind = ArgumentKind;

Setting read_flag(RecipeTable& t, const char* key) {
  bool flag = false;
  t.flag(key, flag);
  return flag;
}

Setting read_number(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  double number = argument.fallback;
  t.number(key, number, {argument.least, argument.most});
  return number;
}

Setting read_whole(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  std::int64_t whole = static_cast<std::int64_t>(argument.fallback);
  t.signed_whole(key, whole, static_cast<std::int64_t>(argument.least),
                 static_cast<std::int64_t>(argument.most));
  return static_cast<double>(whole);
}

Setting read_pair(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  std::vector<double> pair(argument.pair.begin(), argument.pair.end());
  const std::string example = fmt::format("[{}]", fmt::join(argument.pair, ", "));
  t.numbers(key, pair, {argument.least, argument.most}, 2, example.c_str());
  return pair;
}

// One number for all, or a list of them.
Setting read_weights(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  const NumberRange range{argument.least, argument.most};
  std::vector<double> weights(1);
  if (t.find(key)->is_number())
    t.number(key, weights.front(), range);
  else
    t.numbers(key, weights, range, std::nullopt, "[1.0, 2.5], one for each class");
  return weights;
}

Setting read_wholes(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  std::vector<double> found;
  t.numbers(key, found, {argument.least, argument.most}, std::nullopt, "[3000, 6000]");
  const bool whole = std::all_of(found.begin(), found.end(),
                                 [](double value) { return value == std::floor(value); });
  const bool ascend = std::is_sorted(found.begin(), found.end(), std::less_equal<>());
  if (!t.refused(key) && (!whole || !ascend))
    t.refuse(key, "expected whole numbers, the smaller first, as in [3000, 6000]");
  return found;
}

Setting read_word(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  std::string word(argument.words.front());
  t.choice(key, word, {argument.words.begin(), argument.words.end()});
  return word;
}

Setting read_setting(RecipeTable& t, const char* key, const RecipeArgument& argument) {
  switch (argument.kind) {
    case Kind::kFlag:
      return read_flag(t, key);
    case Kind::kPair:
      return read_pair(t, key, argument);
    case Kind::kWeights:
      return read_weights(t, key, argument);
    case Kind::kWholes:
      return read_wholes(t, key, argument);
    case Kind::kWord:
      return read_word(t, key, argument);
    case Kind::kWhole:
      return read_whole(t, key, argument);
    case Kind::kNumber:
      break;
  }
  return read_number(t, key, argument);
}

}  // namespace

void read_arguments(RecipeTable& t, std::span<const RecipeArgument> arguments, Settings& settings) {
  for (const RecipeArgument& argument : arguments) {
    const std::string key(argument.name);
    if (t.find(key.c_str())) settings[key] = read_setting(t, key.c_str(), argument);
  }
}

void keep_known(Settings& settings, std::span<const RecipeArgument> arguments) {
  std::erase_if(settings, [&](const auto& item) { return !find_argument(arguments, item.first); });
}

}  // namespace amalgam
