// What zip archives of other programs are, for messages: many kinds of files are zip archives.
#pragma once

#include <string>

#include "formats/zip.h"

namespace amalgam {

// By the names of its entries: "is a file of torch.save, ...". Empty where nothing is known.
std::string zip_kind(const ZipArchive& zip);

}  // namespace amalgam
