#include "formats/nearest.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace amalgam {
namespace {

// Longer names are never a slip of a known one, and comparing them takes time.
constexpr std::size_t kLongest = 64;
constexpr std::size_t kLeastPrefix = 3;

// How many letters must be changed, put in, left out or exchanged with their neighbour (Damerau).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> at(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(at[0].begin(), at[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    at[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      at[i][j] = std::min(
          {at[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), at[i - 1][j] + 1, at[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        at[i][j] = std::min(at[i][j], at[i - 2][j - 2] + 1);
    }
  }
  return at[a.size()][b.size()];
}

// A third of the letters may be wrong, and one of two.
std::size_t allowed(const std::string& a, const std::string& b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  return shorter < 2 ? 0 : std::max<std::size_t>(1, shorter / 3);
}

// The only known name that begins so.
std::string completed(const std::string& name, const std::set<std::string>& known) {
  std::string found;
  if (name.size() < kLeastPrefix) return found;
  for (const std::string& candidate : known) {
    if (!folded(candidate).starts_with(name)) continue;
    if (!found.empty()) return "";
    found = candidate;
  }
  return found;
}

}  // namespace

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == ' ') c = '_';
  }
  return out;
}

std::string nearest(std::string_view name, const std::set<std::string>& known) {
  if (name.size() > kLongest) return "";
  const std::string wanted = folded(name);
  std::string best;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongest) continue;
    const std::string other = folded(candidate);
    const std::size_t far = distance(wanted, other);
    if (far <= allowed(wanted, other) && far < least) {
      least = far;
      best = candidate;
    }
  }
  return best.empty() ? completed(wanted, known) : best;
}

std::string did_you_mean(std::string_view suggested) {
  return suggested.empty() ? "" : "; did you mean '" + std::string(suggested) + "'?";
}

}  // namespace amalgam
