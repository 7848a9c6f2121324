// What a key says, as the text that is sealed behind the seed. The seed itself never passes through
// JSON, whose copies could not be wiped.
#pragma once

#include <string>

#include "base/secret.h"
#include "key/key.h"

namespace amalgam {

std::string key_to_text(const Key& key);
// All of a key but its seed. Throws kDamaged, naming `where`.
Key key_from_text(std::string_view text, const std::string& where);

// The same, checked: what it says is safe to use. The seed is still missing.
Key read_body(std::string_view text, const std::string& where);

// What a key file seals: the seed, then that text, which may say anything. Throws kKey, kDamaged.
Secret open_body(const std::filesystem::path& path, const std::optional<std::string>& passphrase);
// Seals any text behind the seed as a new key file.
void seal_body(const std::filesystem::path& path, const Secret& seed, std::string_view text,
               const std::optional<std::string>& passphrase);

}  // namespace amalgam
