// The report's page, as src/audit/templates has it, compiled into the program.
#pragma once

#include <string_view>

namespace amalgam {

// The whole page, and its style sheet, whose braces fmt would read.
std::string_view report_page();
std::string_view report_style();

// Parts of the page (base/html.h).
std::string_view report_body();
std::string_view report_failures();
std::string_view report_notes();
std::string_view report_attackers();
std::string_view report_restoration();
std::string_view report_clusters();
std::string_view report_numberings();
std::string_view report_prior();
std::string_view report_training();

}  // namespace amalgam
