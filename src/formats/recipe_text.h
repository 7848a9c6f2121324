// [text] of the recipe.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <string>

#include "amalgam/error.h"
#include "amalgam/text.h"

namespace amalgam {

// `settings` with what the table says otherwise; paths are relative to `folder`.
TextSettings read_text_settings(const toml::table& table, const std::string& file,
                                const std::string& name, const std::filesystem::path& folder,
                                TextSettings settings, Findings& findings);

}  // namespace amalgam
