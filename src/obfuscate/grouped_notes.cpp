#include "obfuscate/grouped_notes.h"

#include <fmt/format.h>

namespace amalgam {

void GroupedNotes::add(const std::string& label, std::string sentence) {
  std::string& labels = labels_[sentence];
  if (labels.empty()) order_.push_back(std::move(sentence));
  labels += (labels.empty() ? "'" : ", '") + label + "'";
}

std::vector<std::string> GroupedNotes::all() const {
  std::vector<std::string> out;
  for (const std::string& sentence : order_)
    out.push_back(fmt::format("{}: {}", labels_.at(sentence), sentence));
  return out;
}

}  // namespace amalgam
