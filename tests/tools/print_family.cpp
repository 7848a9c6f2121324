// Prints the forms of families: of each line of standard input, "300,100 2,2" (the sizes that vary,
// and the numbers of blocks of the stages, "-" for none), a line of JSON, [[sizes, depths], ...].
// For the benchmarks and the tests in Python.
#include <fmt/format.h>

#include <iostream>
#include <numeric>
#include <sstream>

#include "base/json.h"
#include "variants/ladder.h"

namespace {

using amalgam::Json;
using Numbers = std::vector<std::uint64_t>;

Numbers numbers_of(const std::string& text) {
  Numbers numbers;
  std::istringstream in(text == "-" ? "" : text);
  for (std::string number; std::getline(in, number, ',');) numbers.push_back(std::stoull(number));
  return numbers;
}

Json forms_of(const Numbers& sizes, const std::vector<std::size_t>& depths) {
  std::uint64_t common = 0;
  for (const std::uint64_t size : sizes) common = std::gcd(common, size);
  const std::uint64_t own = amalgam::rung_of(common).step;
  const std::vector<std::size_t> varying = amalgam::varying_stages(depths);
  std::vector<std::size_t> vary;
  for (const std::size_t stage : varying) vary.push_back(depths[stage]);
  Json forms = Json::array();
  for (const auto& [chosen, step] :
       amalgam::forms_beside({vary, own}, amalgam::steps_beside(own))) {
    Numbers other_sizes = sizes;
    for (std::uint64_t& size : other_sizes) size = size / own * step;
    std::vector<std::size_t> other_depths = depths;
    for (std::size_t s = 0; s < varying.size(); ++s) other_depths[varying[s]] = chosen[s];
    forms.push_back({other_sizes, other_depths});
  }
  return forms;
}

}  // namespace

int main() {
  for (std::string sizes, depths; std::cin >> sizes >> depths;)
    std::cout << forms_of(numbers_of(sizes), numbers_of(depths)).dump() << "\n";
  return 0;
}
