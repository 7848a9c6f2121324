// The report's page, as src/audit/templates has it, compiled into the program: each a text for fmt
// with named arguments.
#pragma once

#include <fmt/args.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace amalgam {

// The whole page, and its style sheet, whose braces fmt would read.
std::string_view report_page();
std::string_view report_style();

// Parts of the page. Their line ends are for those who read the file: the page has none there.
std::string_view report_body();
std::string_view report_failures();
std::string_view report_notes();
std::string_view report_attackers();
std::string_view report_restoration();
std::string_view report_clusters();
std::string_view report_numberings();
std::string_view report_prior();
std::string_view report_training();

std::string without_line_ends(std::string_view part);

// The part with its named arguments (fmt::arg) filled in, as they are: what is from outside is
// escaped before.
template <typename... Arguments>
std::string filled(std::string_view part, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(without_line_ends(part)), arguments...);
}

}  // namespace amalgam
