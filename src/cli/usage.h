// What is wrong with a command line, in one sentence.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace amalgam::cli {

// `arguments` are what follows the program's name; CLI11 refused them with `error`. A misspelt
// command or option comes before whatever else is wrong, with the name that was meant.
std::string about_wrong_usage(const CLI::App& app, const std::vector<std::string>& arguments,
                              const CLI::ParseError& error);

// Checks that say their range as a person would. A whole number is never negative, which the
// conversion to an unsigned one would take.
CLI::Validator number_above_zero(double most);
CLI::Validator whole_number(std::uint64_t least);

}  // namespace amalgam::cli
