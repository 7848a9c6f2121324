// Tokenizers of SentencePiece (Kudo and Richardson, 2018).
#pragma once

#include "amalgam/text.h"

namespace amalgam {

const TextLibrary& sentencepiece_text();

}  // namespace amalgam
