#include "graph/operations/allowed_operations.h"

#include <sstream>
#include <unordered_set>

namespace amalgam {

bool is_allowed_operation(const std::string& space, const std::string& op,
                          const std::string& overload) {
  static const auto table = [] {
    std::unordered_set<std::string> all;
    std::istringstream lines{std::string(allowed_operations())};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name;
      words >> name;
      name += '.';
      for (std::string word; words >> word;) all.insert(name + word);
    }
    return all;
  }();
  return table.count(space + "." + op + "." + overload) > 0;
}

}  // namespace amalgam
