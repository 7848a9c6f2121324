// What a key says, as the text that is sealed behind the seed. The seed itself never passes through
// JSON, whose copies could not be wiped.
#pragma once

#include <string>

#include "amalgam/key.h"

namespace amalgam {

std::string key_to_text(const Key& key);
// All of a key but its seed. Throws kDamaged, naming `where`.
Key key_from_text(std::string_view text, const std::string& where);

}  // namespace amalgam
