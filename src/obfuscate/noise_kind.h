// --noise: the generator's name, and the file that it imitates.
#pragma once

#include "amalgam/obfuscate.h"
#include "noise/generator.h"
#include "obfuscate/amounts.h"

namespace amalgam {

// Reads the file behind a colon ("patches:PHOTOS", "ngram:TEXT", "copula:DATA") as the first wanted
// task would read it, unless nothing is to be generated.
NoiseKind read_noise_kind(const ObfuscateOptions& options, const Given& given,
                          const Amounts& amounts);

}  // namespace amalgam
