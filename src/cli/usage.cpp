#include "cli/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>

#include "formats/nearest.h"
#include "formats/recipe_keys.h"

namespace amalgam::cli {
namespace {

using Arguments = std::vector<std::string>;

std::set<std::string> commands_of(const CLI::App& app) {
  std::set<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.insert(command->get_name());
  return names;
}

// What is listed in --help; options of later versions are hidden.
std::set<std::string> options_of(const CLI::App& app) {
  std::set<std::string> names;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty())
      for (const std::string& name : option->get_lnames()) names.insert("--" + name);
  return names;
}

// A negative number is a value.
bool looks_like_option(const std::string& argument) {
  return argument.size() > 1 && argument[0] == '-' && !(argument[1] >= '0' && argument[1] <= '9') &&
         argument[1] != '.';
}

std::string name_of(const std::string& argument) { return argument.substr(0, argument.find('=')); }

bool is_known(const CLI::App& app, const std::string& option) {
  return app.get_option_no_throw(option) != nullptr;
}

std::string about_command(const CLI::App& app, const std::string& given) {
  const auto known = commands_of(app);
  return fmt::format(
      "'{}' is no command{} Commands are {}", given,
      did_you_mean(nearest(given, known)).empty() ? "." : did_you_mean(nearest(given, known)),
      fmt::join(known, ", "));
}

std::string about_option(const CLI::App& command, const std::string& path,
                         const std::string& given) {
  const std::string what = fmt::format("'{}' is no option of {}", given, path);
  if (const std::string near = nearest(given, options_of(command)); !near.empty())
    return what + did_you_mean(near);
  const std::string place = place_in_recipe(given);
  return place.empty() ? what : fmt::format("{}; it is {} in the recipe", what, place);
}

std::optional<std::string> misspelt(const CLI::App& app, const Arguments& arguments) {
  if (arguments.empty())
    return fmt::format("a command is missing: {}", fmt::join(commands_of(app), ", "));
  std::size_t at = 0;
  while (at < arguments.size() && looks_like_option(arguments[at])) ++at;
  const bool has_command = at < arguments.size() && commands_of(app).count(arguments[at]);
  if (at > 0 && !is_known(app, name_of(arguments[0])))
    return about_option(app, "amalgam", name_of(arguments[0]));
  if (at < arguments.size() && !has_command) return about_command(app, arguments[at]);
  if (!has_command) return std::nullopt;
  const CLI::App& command = *app.get_subcommand(arguments[at]);
  for (++at; at < arguments.size() && arguments[at] != "--"; ++at) {
    const std::string name = name_of(arguments[at]);
    if (looks_like_option(name) && !is_known(command, name))
      return about_option(command, "amalgam " + command.get_name(), name);
  }
  return std::nullopt;
}

// "--model: 1 required TEXT missing" and its kin.
std::string about_count(const std::string& what, const Arguments& arguments) {
  const std::string name = what.substr(0, what.find(':'));
  const auto given = std::count_if(arguments.begin(), arguments.end(),
                                   [&](const std::string& a) { return name_of(a) == name; });
  return given > 1 ? fmt::format("{} is given {} times; it takes one value", name, given)
                   : fmt::format("{} needs a value", name);
}

}  // namespace

std::string about_wrong_usage(const CLI::App& app, const Arguments& arguments,
                              const CLI::ParseError& error) {
  std::string path = "amalgam";
  for (const CLI::App* command : app.get_subcommands()) path += " " + command->get_name();
  std::string what = error.what();
  if (const auto found = misspelt(app, arguments))
    what = *found;
  else if (error.get_name() == "ArgumentMismatch")
    what = about_count(what, arguments);
  else if (error.get_name() == "ExtrasError" && what.find(": ") != std::string::npos)
    what = fmt::format("'{}' was not expected", what.substr(what.find(": ") + 2));
  return fmt::format("{} (see {} --help)", what, path);
}

CLI::Validator number_above_zero(double most) {
  return CLI::Validator(
      [most](const std::string& text) -> std::string {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (!text.empty() && *end == '\0' && value > 0 && value <= most) return "";
        return fmt::format("expected a number above 0 and at most {}, found {}", most, text);
      },
      "");
}

CLI::Validator whole_number(std::uint64_t least) {
  return CLI::Validator(
      [least](const std::string& text) -> std::string {
        std::uint64_t value = 0;
        const char* end = text.data() + text.size();
        const auto [at, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc() && at == end && value >= least) return "";
        if (error == std::errc::result_out_of_range && at == end)
          return fmt::format("expected a whole number of at most {}, found {}",
                             std::numeric_limits<std::uint64_t>::max(), text);
        return fmt::format("expected a whole number of at least {}, found {}", least, text);
      },
      "");
}

}  // namespace amalgam::cli
