// --noise: the generator's name, and the file that it imitates.
#pragma once

#include "amalgam/obfuscate.h"
#include "noise/generator.h"
#include "obfuscate/amounts.h"

namespace amalgam {

// What can be said of the option alone: throws kUsage for a generator that is unknown or takes no
// file, and kIo where nothing can be read at the file's path.
void check_noise(const std::string& noise);

// Reads the file behind a colon ("patches:PHOTOS", "ngram:TEXT", "copula:DATA") as the first wanted
// task would read it, unless nothing is to be generated.
NoiseKind read_noise_kind(const ObfuscateOptions& options, const Given& given,
                          const Amounts& amounts);

}  // namespace amalgam
