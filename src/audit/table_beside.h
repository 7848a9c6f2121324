// Tables that a cloud may have, read as the job's own table was.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "amalgam/dataset.h"
#include "key/key.h"

namespace amalgam {

// The features of a CSV file by the fit that obfuscate left beside the key; nothing where DATA is
// no CSV file, or no wanted task has such a fit. Columns of targets may be missing. Throws as
// open_dataset() does, and kDamaged for a fit that is none.
std::optional<Dataset> table_beside(const std::string& data, const std::filesystem::path& key_path,
                                    const Key& key);

}  // namespace amalgam
