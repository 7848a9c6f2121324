#include <fmt/format.h>

#include <algorithm>
#include <array>
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

// Parts of the rows that a person gives a class: one against all others, one row to so many.
constexpr std::uint64_t kHalf = 2;
constexpr std::array<std::uint64_t, 4> kOtherParts = {3, 4, 5, 10};

// Whether one class, the largest or the smallest, has this part of the rows as exactly as can be.
bool has_part(const std::vector<std::uint64_t>& sizes, std::uint64_t part) {
  const auto rows = static_cast<std::uint64_t>(total(sizes));
  const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
  return *most == rows / part || *most == (rows + part - 1) / part || *least == rows / part;
}

// That share, as text; empty where there is none or it may be one by accident: a share may be any
// of as many numbers as there are rows.
std::string exact_share(const std::vector<std::uint64_t>& sizes) {
  const double rows = total(sizes);
  if (2 / rows < kChance && has_part(sizes, kHalf)) return "half";
  if (2 * static_cast<double>(kOtherParts.size()) / rows >= kChance) return "";
  for (const std::uint64_t part : kOtherParts)
    if (has_part(sizes, part)) return fmt::format("one in {}", part);
  return "";
}

// What is exact about the sizes, by no accident; else empty.
std::string exact(const std::vector<std::uint64_t>& sizes) {
  if (equal(sizes)) return chance_of(sizes) < kChance ? "all classes are equally large" : "";
  // The last size follows from the others and the number of rows.
  if (round(sizes) &&
      std::pow(static_cast<double>(kRound), 1 - static_cast<double>(sizes.size())) < kChance)
    return fmt::format("all classes have multiples of {} rows", kRound);
  const std::string share = exact_share(sizes);
  return share.empty() ? "" : fmt::format("one class has {} of the rows", share);
}

}  // namespace

void check_sizes_of_classes(const std::vector<std::vector<std::uint64_t>>& all, const char* where,
                            TellList& out) {
  std::vector<std::size_t> exactly, others;
  std::string found;
  for (std::size_t s = 0; s < all.size(); ++s) {
    const auto& sizes = all[s];
    if (sizes.size() < 2) continue;
    const std::string what = exact(sizes);
    (what.empty() ? others : exactly).push_back(s);
    if (!what.empty()) found = what;
    // Equal sizes that may be an accident tell it from none.
    if (what.empty() && equal(sizes)) return;
  }
  if (exactly.empty() || others.empty()) return;
  out.push_back({"class counts", exactly,
                 fmt::format("in {} {}, exactly{}; in {} not", streams_text(exactly), found, where,
                             streams_text(others)),
                 "take as many rows of each class for all tasks, or leave some rows of each out"});
}

void check_class_sizes(const FailureInput& input, TellList& out) {
  std::vector<std::vector<std::uint64_t>> sizes;
  for (const StreamFacts& facts : input.facts) sizes.push_back(class_sizes(facts.labels));
  check_sizes_of_classes(sizes, "", out);
  check_further_targets(input.facts, "", out);
}

void check_further_targets(const std::vector<StreamFacts>& facts, const char* where,
                           TellList& out) {
  std::size_t most = 0;
  for (const StreamFacts& one : facts) most = std::max(most, one.more_labels.size());
  for (std::size_t t = 0; t < most; ++t) {
    std::vector<std::vector<std::uint64_t>> sizes;
    for (const StreamFacts& one : facts)
      sizes.push_back(t < one.more_labels.size() ? class_sizes(one.more_labels[t])
                                                 : std::vector<std::uint64_t>());
    check_sizes_of_classes(sizes, fmt::format(" in target {}{}", t + 2, where).c_str(), out);
  }
}

}  // namespace amalgam
