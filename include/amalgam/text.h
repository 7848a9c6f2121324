// Text, and the library that cuts it into tokens. The core does not link one: a caller that wants
// text read passes a TextLibrary, as sentencepiece_text() of amalgam/sentencepiece_text.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace amalgam {

// A column of a CSV file: its number from 0, or its name in the file's first row.
using TextColumn = std::variant<std::uint64_t, std::string>;

// [text] of the recipe.
struct TextSettings {
  // "train:KIND:SIZE" (unigram, bpe, char or word; at most SIZE tokens), or a SentencePiece model's
  // path.
  std::string tokenizer;
  std::uint64_t length = 64;             // tokens a sample
  std::vector<TextColumn> text_columns;  // joined by a space; empty: all but the label's
  std::optional<TextColumn> label_column;
  std::optional<bool> header;  // whether the first row names the columns; default: as it looks
};

// A trained tokenizer. Thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // Token numbers, without any that mark beginning or end. REQUIRES: valid UTF-8.
  virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
  virtual std::int32_t size() const = 0;
  // The token that fills a sample up; 0 where the tokenizer has none of its own.
  virtual std::int32_t padding() const = 0;
  // What ends a text; nothing where there is no such token.
  virtual std::optional<std::int32_t> end() const = 0;
  // The tokenizer as a file, which load() takes and so do others that read the format.
  virtual std::string serialised() const = 0;
};

class TextLibrary {
 public:
  virtual ~TextLibrary() = default;
  // Throws kDamaged, naming the file.
  virtual std::shared_ptr<const Tokenizer> load(const std::string& path) const = 0;
  // Trained on the texts; the same for any number of threads. `kind` and `size` are those of
  // TextSettings::tokenizer. Throws kInvalid, naming `where`, where the texts are too few.
  virtual std::shared_ptr<const Tokenizer> train(std::span<const std::string> texts,
                                                 const std::string& kind, std::uint64_t size,
                                                 const std::string& where) const = 0;
};

}  // namespace amalgam
