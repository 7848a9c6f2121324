// Which field is meant by a name: torch.export writes the names of arguments in small letters.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "amalgam/dataset.h"

namespace amalgam {

inline std::string in_small_letters(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

class FieldNames {
 public:
  explicit FieldNames(std::span<const Field> fields) {
    for (std::size_t f = 0; f < fields.size(); ++f) exact_.emplace(fields[f].name, f);
    for (std::size_t f = 0; f < fields.size(); ++f)
      small_.emplace(in_small_letters(fields[f].name), f);
  }

  // Its place; the only one by any name where `single` says so.
  std::optional<std::size_t> find(const std::string& name, bool single = false) const {
    if (single && exact_.size() == 1) return 0;
    for (const auto* names : {&exact_, &small_})
      if (const auto found = names->find(name); found != names->end()) return found->second;
    return std::nullopt;
  }

 private:
  std::unordered_map<std::string, std::size_t> exact_, small_;
};

}  // namespace amalgam
