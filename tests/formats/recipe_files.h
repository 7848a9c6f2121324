// A recipe's text through the reader, by way of a file.
#pragma once

#include <string>

#include "amalgam/recipe.h"
#include "refusals.h"
#include "scratch.h"

namespace amalgam {

class RecipeFile {
 public:
  explicit RecipeFile(const std::string& text) { write_text(path(), text); }
  std::string path() const { return folder_ / "r.toml"; }

 private:
  ScratchFolder folder_;
};

inline Recipe recipe_of(const std::string& text) { return read_recipe(RecipeFile(text).path()); }

// What is said of it, with FILE for the file's path; empty where nothing is wrong.
inline std::string refusal_of(const std::string& text) {
  const RecipeFile file(text);
  const std::string path = file.path();
  std::string what = refusal_of([&] { read_recipe(path); });
  for (std::size_t at; (at = what.find(path)) != std::string::npos;)
    what.replace(at, path.size(), "FILE");
  return what;
}

}  // namespace amalgam
