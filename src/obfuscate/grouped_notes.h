// Sentences about tasks; one that holds for several names them all.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace amalgam {

class GroupedNotes {
 public:
  void add(const std::string& label, std::string sentence);
  // "'a', 'b': sentence", in the order of first mention.
  std::vector<std::string> all() const;

 private:
  std::map<std::string, std::string> labels_;
  std::vector<std::string> order_;
};

}  // namespace amalgam
