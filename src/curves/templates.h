// The page of curves, as src/curves/templates has it, compiled into the program.
#pragma once

#include <string_view>

namespace amalgam {

// The whole page, and its style sheet, whose braces fmt would read.
std::string_view curves_whole_page();
std::string_view curves_style();

// Parts of the page (base/html.h).
std::string_view curves_task();
std::string_view curves_row();

}  // namespace amalgam
