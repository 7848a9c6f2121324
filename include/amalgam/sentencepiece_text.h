// Tokenizers of SentencePiece (Kudo and Richardson, 2018).
#pragma once

#include "amalgam/text.h"

namespace amalgam {

// Lives as long as the program. Takes models of KIND unigram, bpe, char and word.
const TextLibrary& sentencepiece_text();

}  // namespace amalgam
