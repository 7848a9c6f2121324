#pragma once

namespace amalgam {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace amalgam
