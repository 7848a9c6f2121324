#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// What is more probable by accident is none. Real classes are not drawn evenly, so that for them it
// is far less.
constexpr double kChance = 0.01;
// Sizes that are multiples of it are round, to a person.
constexpr std::uint64_t kRound = 100;

double total(const std::vector<std::uint64_t>& sizes) {
  return static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}));
}

// The chance of these sizes where every row draws its class, all being equally probable.
double chance_of(const std::vector<std::uint64_t>& sizes) {
  const double rows = total(sizes);
  double log = std::lgamma(rows + 1) - rows * std::log(static_cast<double>(sizes.size()));
  for (const std::uint64_t size : sizes) log -= std::lgamma(static_cast<double>(size) + 1);
  return std::exp(log);
}

// As equal as the number of rows lets them be.
bool equal(const std::vector<std::uint64_t>& sizes) {
  const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
  return *most - *least <= 1;
}

bool round(const std::vector<std::uint64_t>& sizes) {
  return std::all_of(sizes.begin(), sizes.end(),
                     [](std::uint64_t size) { return size % kRound == 0; });
}

// With equal or round sizes, by no accident.
bool exact(const std::vector<std::uint64_t>& sizes) {
  if (equal(sizes)) return chance_of(sizes) < kChance;
  // The last size follows from the others and the number of rows.
  return round(sizes) &&
         std::pow(static_cast<double>(kRound), 1 - static_cast<double>(sizes.size())) < kChance;
}

}  // namespace

void check_class_sizes(const FailureInput& input, TellList& out) {
  std::vector<std::size_t> exactly, others;
  std::vector<std::uint64_t> found;
  for (std::size_t s = 0; s < input.facts.size(); ++s) {
    const auto sizes = class_sizes(input.facts[s].labels);
    if (sizes.size() < 2) continue;
    const bool is = exact(sizes);
    (is ? exactly : others).push_back(s);
    if (is) found = sizes;
    // Equal sizes that may be an accident tell it from none.
    if (!is && equal(sizes)) return;
  }
  if (exactly.empty() || others.empty()) return;
  const std::string what =
      equal(found) ? "equally large" : fmt::format("multiples of {} rows", kRound);
  out.push_back({"class counts", exactly,
                 fmt::format("the classes of {} are exactly {}, those of {} are not",
                             streams_text(exactly), what, streams_text(others)),
                 "take as many rows of each class for all tasks, or leave some rows of each out"});
}

}  // namespace amalgam
