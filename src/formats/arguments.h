// Arguments of what a recipe names (an optimizer, a loss, a schedule): a table of them, and how
// their values are written in job.json.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "amalgam/recipe.h"
#include "base/json.h"

namespace amalgam {

// Beyond this, products of two settings leave float32, where PyTorch refuses them in a step.
inline constexpr double kLargestSetting = 1e18;
// What is nearest to 1 and below it.
inline constexpr double kBelowOne = 1.0 - 0x1p-53;

// kWholes are several whole numbers, ascending; kPair two numbers, as Adam's betas; kWeights a
// tensor of numbers: one for each class or value of a row, or one for all.
enum class ArgumentKind { kNumber, kWhole, kFlag, kWholes, kPair, kWeights, kWord };

inline constexpr std::span<const std::string_view> kNoWords{};

struct RecipeArgument {
  std::string_view name;
  ArgumentKind kind;
  // What numbers may be, both ends included.
  double least = 0;
  double most = kLargestSetting;
  // PyTorch's default, but for pairs, and for the learning rate, of which each optimizer has its
  // own; of flags 0 or 1.
  double fallback = 0;
  std::span<const std::string_view> words = kNoWords;  // the default first
  bool required = false;
  std::array<double, 2> pair = {};
};

const RecipeArgument* find_argument(std::span<const RecipeArgument> arguments,
                                    std::string_view name);
template <typename Row>
const RecipeArgument* find_argument(const Row& row, std::string_view name) {
  return find_argument(row.arguments, name);
}

// Null for weights and whole numbers that there may be none of.
Json default_of(const RecipeArgument& argument);
Json setting_json(const RecipeArgument& argument, const Setting& setting);
// Of all of them: which ones a recipe names is its author's way of writing.
Json arguments_json(const Settings& settings, std::span<const RecipeArgument> arguments);

}  // namespace amalgam
