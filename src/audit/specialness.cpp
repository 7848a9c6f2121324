#include "audit/specialness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace amalgam {
namespace {

// Statistics that are named of one sub-network; the others are counted.
constexpr std::size_t kNamed = 4;

// Who stands alone, and whether by being round or by not being.
struct Alone {
  std::size_t stream;
  bool round;
};

// The nearest of the round numbers; nothing where there are none.
struct RoundNumber {
  double value = 0;
  std::string name;
  double number = 0;  // of them in a range as wide as the value, or as one where that is wider
};

std::optional<RoundNumber> nearest_round(double value, unsigned kinds) {
  std::optional<RoundNumber> best;
  const auto consider = [&](double round, std::string name, double number) {
    if (!best || std::abs(value - round) < std::abs(value - best->value))
      best = {round, std::move(name), number};
  };
  if (kinds & kRoundZero) consider(0, "0", 1);
  if (kinds & kRoundOne) consider(value < 0 ? -1 : 1, value < 0 ? "-1" : "1", 2);
  if ((kinds & kRoundPowerOfTwo) && value != 0) {
    const double power = std::exp2(std::round(std::log2(std::abs(value))));
    consider(std::copysign(power, value), "a power of two", 64);
  }
  if (kinds & kRoundInteger) consider(std::round(value), "an integer", 0);
  return best;
}

// The chance that the round ones are by accident.
std::optional<Alone> alone(const Statistic& statistic, double chance) {
  std::vector<std::size_t> round, others;
  double surest = 0;
  for (std::size_t s = 0; s < statistic.measured.size(); ++s) {
    const auto& measured = statistic.measured[s];
    if (!measured) continue;
    (measured->round.empty() ? others : round).push_back(s);
    if (!measured->round.empty()) surest = std::max(surest, measured->chance);
  }
  if (round.empty() || others.empty() || surest > chance) return std::nullopt;
  if (round.size() == 1) return Alone{round[0], true};
  if (others.size() == 1) return Alone{others[0], false};
  return std::nullopt;
}

std::string sentence(const Statistic& statistic, const Alone& who) {
  const Measured& own = *statistic.measured[who.stream];
  std::string others, round = own.round;
  for (std::size_t s = 0; s < statistic.measured.size(); ++s) {
    const auto& measured = statistic.measured[s];
    if (!measured || s == who.stream) continue;
    others += fmt::format("{}{:.6g}", others.empty() ? "" : ", ", measured->value);
    if (round.empty()) round = measured->round;
  }
  if (who.round)
    return fmt::format("{} is exactly {} (elsewhere {})", statistic.name, round, others);
  return fmt::format("{} is {:.6g}, elsewhere exactly {}", statistic.name, own.value, round);
}

// Whether the one that stands alone does so among others of its own kind.
bool among_alike(const Statistic& statistic, const Alone& who,
                 const std::vector<std::size_t>& alike) {
  for (std::size_t s = 0; s < alike.size(); ++s)
    if (s != who.stream && alike[s] == alike[who.stream] && statistic.measured[s]) return true;
  return false;
}

std::string listed(const std::vector<std::string>& sentences) {
  std::string text;
  for (std::size_t i = 0; i < std::min(sentences.size(), kNamed); ++i)
    text += (i == 0 ? "" : "; ") + sentences[i];
  if (sentences.size() > kNamed) text += fmt::format("; and {} more", sentences.size() - kNamed);
  return text;
}

}  // namespace

Measured measured(double value, double grain, double spread, unsigned kinds) {
  const auto round = nearest_round(value, kinds);
  if (!round || std::abs(value - round->value) > grain) return {value, "", 0};
  const double number = round->number > 0 ? round->number : std::max(1.0, spread);
  return {value, round->name, std::min(1.0, number * 2 * grain / spread)};
}

Measured measured_fact(double value, bool holds, std::string round, double chance) {
  return {value, holds ? std::move(round) : "", holds ? chance : 0};
}

TellList special_ones(const StatisticTable& table, const std::string& of,
                      const std::vector<std::size_t>& alike) {
  const double tests = static_cast<double>(std::max<std::size_t>(1, table.size() * alike.size()));
  // By who stands alone, among others of its kind or not.
  std::map<std::pair<std::size_t, bool>, std::vector<std::string>> found;
  for (const Statistic& statistic : table)
    if (const auto who = alone(statistic, kSpecialChance / tests))
      found[{who->stream, among_alike(statistic, *who, alike)}].push_back(
          sentence(statistic, *who));
  TellList list;
  for (const auto& [who, sentences] : found) {
    Tell tell{
        "special",
        {who.first},
        fmt::format("of sub-network {} alone among the {}, {}", who.first, of, listed(sentences)),
        fmt::format("make what is exact alike in all tasks, or in none: see the "
                    "statistics that are named ({})",
                    of),
        who.second,
        "another architecture has other values of its own: it points at a decoy as "
        "well as at a wanted one"};
    list.push_back(std::move(tell));
  }
  return list;
}

void check_special(const FailureInput& input, TellList& out) {
  const std::size_t count = input.job.subnetworks().size();
  if (count < 2) return;
  StatisticTable graphs, inputs, tensors;
  add_graph_statistics(input, graphs);
  add_input_statistics(input, inputs);
  add_tensor_statistics(input, tensors);
  const std::vector<std::size_t> kinds = kinds_of(input.networks);
  for (const TellList& found : {special_ones(graphs, "networks", kinds),
                                special_ones(inputs, "recipes", std::vector<std::size_t>(count, 0)),
                                special_ones(tensors, "initial values", kinds)})
    out.insert(out.end(), found.begin(), found.end());
}

}  // namespace amalgam
