#include <fmt/format.h>

#include <algorithm>

#include "audit/differences.h"

namespace amalgam {

std::vector<std::size_t> standing_out(const std::vector<double>& shares, double least) {
  const double most = *std::max_element(shares.begin(), shares.end());
  if (most < least) return {};
  std::vector<std::size_t> above;
  for (std::size_t s = 0; s < shares.size(); ++s)
    if (shares[s] >= most / 10) above.push_back(s);
  return above.size() < shares.size() ? above : std::vector<std::size_t>{};
}

std::vector<std::size_t> all_but(const std::vector<std::size_t>& streams, std::size_t count) {
  std::vector<std::size_t> others;
  for (std::size_t s = 0; s < count; ++s)
    if (std::count(streams.begin(), streams.end(), s) == 0) others.push_back(s);
  return others;
}

std::string streams_text(const std::vector<std::size_t>& streams) {
  if (streams.size() == 1) return fmt::format("sub-network {}", streams[0]);
  std::string text = "sub-networks ";
  for (std::size_t i = 0; i < streams.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == streams.size() ? " and " : ", ", streams[i]);
  return text;
}

}  // namespace amalgam
