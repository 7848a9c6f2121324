// Settings that are one sub-network's own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "audit/tells.h"

namespace amalgam {
namespace {

using Streams = std::vector<std::size_t>;

constexpr const char* kFitted = "fitted to its rows";

// What nobody has to choose. Settings that are not here have no default, or the data's.
const std::map<std::string, std::string, std::less<>>& defaults() {
  static const std::map<std::string, std::string, std::less<>> table = {
      {"/arguments/momentum", "0.0"},
      {"/arguments/dampening", "0.0"},
      {"/arguments/nesterov", "false"},
      {"/arguments/maximize", "false"},
      {"/arguments/amsgrad", "false"},
      {"/arguments/weight_decay", "0.0"},
      {"/arguments/betas/0", "0.9"},
      {"/arguments/betas/1", "0.999"},
      {"/arguments/eps", "1e-08"},
      {"/loss_arguments/label_smoothing", "0.0"},
      {"/loss_arguments/weight", "[]"},
      {"/loss_arguments/pos_weight", "[]"},
      {"/loss_arguments/ignore_index", "-100"},
      {"/loss_arguments/reduction", "\"mean\""},
      {"/clip_grad_norm", "0.0"},
      {"/accumulate", "1"},
      {"/ema", "0.0"},
      {"/best/metric", "\"loss\""},
      {"/best/better", "\"lower\""},
      {"/patience", "0"},
      {"/groups", "[]"},
      {"/schedule/kind", "\"constant\""},
      {"/schedule/arguments/warmup_steps", "0"},
      {"/schedule/arguments/warmup_form", "\"linear\""},
      {"/schedule/arguments/warmup_start", "0.0"},
      {"/schedule/arguments/min_lr", "0.0"},
      {"/no_decay", "[]"},
      {"/input/mean", "[]"},
      {"/input/std", "[]"},
      {"/input/random_crop", "0"},
      {"/input/horizontal_flip", "0"},
  };
  return table;
}

// Whether it says what the data is for, rather than how one trains.
bool of_the_data(std::string_view setting) {
  return setting.starts_with("/loss") || setting.starts_with("/metric");
}

// Of a number as it is written: 1 of 0.05, 3 of 0.0137. 0: no number.
std::size_t digits_of(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789.-+eE") != text.npos) return 0;
  std::string digits = text.substr(0, text.find_first_of("eE"));
  std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
  const std::size_t first = digits.find_first_not_of('0');
  if (first == digits.npos) return 1;
  return digits.find_last_not_of('0') - first + 1;
}

// Of a mean or deviation in model.py: "[]" where there is none.
std::string list_text(const std::vector<std::string>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ", "));
}

// Of columns that share their numbers.
struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments_of(std::span<const ColumnFacts> columns, double scale) {
  const ColumnFacts all = joined(columns);
  return {all.mean / scale, all.variance > 0 ? std::sqrt(all.variance) / scale : 1};
}

// Whether a mean or deviation is, but for rounding, that of the stream's own rows, which the cloud
// has: that says nothing more, and each stream has others.
bool is_fitted(const Json& numbers, bool mean, const FieldFacts& field, double scale) {
  constexpr double kRounding = 1e-5;
  const std::size_t count = numbers.is_array() ? numbers.size() : 0;
  if (count == 0 || field.columns.size() % count != 0) return false;
  const std::size_t each = field.columns.size() / count;
  for (std::size_t i = 0; i < count; ++i) {
    if (!numbers[i].is_number()) return false;
    const Moments own = moments_of(std::span(field.columns).subspan(i * each, each), scale);
    const double from = numbers[i].get<double>() - (mean ? own.mean : own.deviation);
    if (std::abs(from) > kRounding * std::max(own.deviation, mean ? std::abs(own.mean) : 0))
      return false;
  }
  return true;
}

// A sub-network's settings, with words in the place of numbers that were fitted to its own rows.
Json told_settings(Json recipe, const StreamFacts& facts) {
  if (!recipe.contains("input") || facts.features.empty()) return recipe;
  Json& input = recipe["input"];
  const double scale =
      input.contains("scale") && input["scale"].is_number() ? input["scale"].get<double>() : 1;
  for (const char* name : {"mean", "std"})
    if (input.contains(name) &&
        is_fitted(input[name], name == std::string_view("mean"), facts.features.front(), scale))
      input[name] = kFitted;
  return recipe;
}

// By setting, what each sub-network has; empty where it has none.
std::map<std::string, std::vector<std::string>> settings_of(const FailureInput& input) {
  std::map<std::string, std::vector<std::string>> settings;
  const auto& listed = input.job.manifest().subnetworks;
  for (std::size_t s = 0; s < listed.size(); ++s) {
    const auto set = [&](const std::string& name, std::string value) {
      settings[name].resize(listed.size());
      settings[name][s] = std::move(value);
    };
    const Json recipe = told_settings(listed[s].recipe, input.facts[s]);
    const Json flat = recipe.flatten();
    for (const auto& [name, value] : flat.items()) set(name, value.is_null() ? "[]" : value.dump());
    for (const auto& [name, call] : {std::pair{"/input/random_crop", "random_crop"},
                                     std::pair{"/input/horizontal_flip", "random_flip"}})
      set(name, input.networks[s].calls.count(call) > 0 ? "1" : "0");
    for (const char* name : {"mean", "std"})
      if (const std::string place = fmt::format("/input/{}", name);
          !flat.contains(place) || flat[place] != kFitted)
        set(place, list_text(input.networks[s].numbers(name)));
  }
  return settings;
}

// Who alone is so, or nothing.
template <typename Test>
std::optional<std::size_t> only(const std::vector<std::string>& values, Test is_so) {
  std::optional<std::size_t> found;
  for (std::size_t s = 0; s < values.size(); ++s)
    if (is_so(values[s])) {
      if (found) return std::nullopt;
      found = s;
    }
  return found;
}

bool of_one_kind(const std::vector<StreamSample>& samples) {
  return std::all_of(samples.begin(), samples.end(),
                     [&](const StreamSample& sample) { return sample.kind == samples[0].kind; });
}

// Whether it says what the data is, or is an argument that not every optimizer has.
bool without_rule(const FailureInput& input, const std::string& setting,
                  const std::vector<std::string>& values) {
  return of_the_data(setting) || (setting.starts_with("/input") && !of_one_kind(input.samples)) ||
         std::any_of(values.begin(), values.end(), [](const auto& value) { return value.empty(); });
}

// Whom one of the rules picks.
std::optional<std::size_t> picked_by_rule(const std::string& setting,
                                          const std::vector<std::string>& values) {
  if (const auto found = defaults().find(setting); found != defaults().end()) {
    const auto own = only(values, [&](const auto& value) { return value != found->second; });
    if (own) return own;
  }
  const auto most_digits = only(values, [](const auto& value) { return digits_of(value) >= 3; });
  const auto round = std::count_if(values.begin(), values.end(),
                                   [](const auto& value) { return digits_of(value) == 1; });
  if (most_digits && round + 1 == static_cast<std::ptrdiff_t>(values.size())) return most_digits;
  if (values.size() < 3 || std::set<std::string>(values.begin(), values.end()).size() != 2)
    return std::nullopt;
  return only(values, [&](const auto& value) {
    return std::count(values.begin(), values.end(), value) == 1;
  });
}

// A value as it is shown: of a long list its first numbers.
std::string shown(const std::string& value) {
  constexpr std::ptrdiff_t kMostNumbers = 4;
  const auto more = std::count(value.begin(), value.end(), ',') + 1 - kMostNumbers;
  if (!value.starts_with('[') || more <= 0) return value.empty() ? "-" : value;
  std::size_t end = 0;
  for (std::ptrdiff_t i = 0; i < kMostNumbers; ++i) end = value.find(',', end + 1);
  return fmt::format("{}, and {} more]", value.substr(0, end), more);
}

std::string difference_text(const std::string& setting, const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  for (std::size_t s = 0; s < values.size(); ++s)
    texts.push_back(fmt::format("{} in sub-network {}", shown(values[s]), s));
  std::string name = setting.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return fmt::format("{} is {}", name, fmt::join(texts, " and "));
}

// Differences by setting. Of a list that differs its numbers say nothing more.
using Differences = std::map<std::string, std::string>;

std::vector<std::string> texts_of(const Differences& differences) {
  std::vector<std::string> texts;
  for (const auto& [setting, text] : differences)
    if (!differences.contains(setting.substr(0, setting.rfind('/')))) texts.push_back(text);
  return texts;
}

}  // namespace

void check_recipes(const FailureInput& input, TellList& out) {
  // By whom they pick; those without a rule together.
  std::map<std::optional<std::size_t>, Differences> found;
  for (const auto& [setting, values] : settings_of(input)) {
    if (std::set<std::string>(values.begin(), values.end()).size() < 2) continue;
    const auto picked =
        without_rule(input, setting, values) ? std::nullopt : picked_by_rule(setting, values);
    found[picked].emplace(setting, difference_text(setting, values));
  }
  for (const auto& [picked, differences] : found)
    out.push_back(
        {"recipe", picked ? Streams{*picked} : Streams{},
         fmt::format("{}: {}",
                     picked ? fmt::format("sub-network {} alone has settings of its own", *picked)
                            : "settings differ",
                     fmt::join(texts_of(differences), "; ")),
         "give every task the same settings", picked.has_value(),
         "who knows how you train may recognise it; nothing else says whose is whose"});
}

}  // namespace amalgam
