// Pages that the library writes: templates, each a text for fmt with named arguments, and what goes
// into them.
#pragma once

#include <fmt/args.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace amalgam {

// Text as HTML and XML show it, also between double quotes.
std::string escaped(std::string_view text);

// A part's line ends are for those who read the file: the page has none there.
std::string without_line_ends(std::string_view part);

// The part with its named arguments (fmt::arg) filled in, as they are: what is from outside is
// escaped before.
template <typename... Arguments>
std::string filled(std::string_view part, const Arguments&... arguments) {
  return fmt::format(fmt::runtime(without_line_ends(part)), arguments...);
}

}  // namespace amalgam
