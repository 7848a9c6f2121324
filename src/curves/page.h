// The curves as one page that opens offline.
#pragma once

#include <string>

#include "amalgam/curves.h"

namespace amalgam {

// HTML that is XML, too. It holds all that it shows: nothing in it runs, or is fetched.
std::string curves_page(const CurvesResult& result);

}  // namespace amalgam
