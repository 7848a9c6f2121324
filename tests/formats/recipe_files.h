// A recipe's text through the reader, by way of a file.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "amalgam/error.h"
#include "amalgam/recipe.h"

namespace amalgam {

class RecipeFile {
 public:
  explicit RecipeFile(const std::string& text)
      : path_((std::filesystem::temp_directory_path() / "amalgam-recipe-XXXXXX").string()) {
    ::close(::mkstemp(path_.data()));
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~RecipeFile() { std::filesystem::remove(path_); }
  RecipeFile(const RecipeFile&) = delete;
  RecipeFile& operator=(const RecipeFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Recipe recipe_of(const std::string& text) { return read_recipe(RecipeFile(text).path()); }

// What is said of it, with FILE for the file's path; empty where nothing is wrong.
inline std::string refusal_of(const std::string& text) {
  const RecipeFile file(text);
  try {
    read_recipe(file.path());
  } catch (const Error& error) {
    std::string what = error.what();
    for (std::size_t at; (at = what.find(file.path())) != std::string::npos;)
      what.replace(at, file.path().size(), "FILE");
    return what;
  }
  return "";
}

}  // namespace amalgam
