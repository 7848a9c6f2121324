// The code of a job at home: it may have been to the cloud, and is run as obfuscate wrote it or not
// at all.
#pragma once

#include <filesystem>

#include "job/manifest.h"

namespace amalgam {

// Throws kDamaged unless model.py and train.py are those of the manifest, whose own digest is in
// the key.
void check_code(const std::filesystem::path& job, const Manifest& manifest);

// Makes the folder `to`, from which the job may be run: its code, checked, and links to its other
// files. What lies beside them in `job` stays away, as Python would import it.
void lay_out_job(const std::filesystem::path& job, const Manifest& manifest,
                 const std::filesystem::path& to);

}  // namespace amalgam
