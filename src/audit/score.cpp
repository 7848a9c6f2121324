#include "audit/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "audit/logit.h"

namespace amalgam {
namespace {

constexpr double kAlpha = 0.05;
// Of the games, those that an attacker is surest in.
constexpr double kSurest = 0.05;

// A choice among a game's streams; ties go to a random one, so that a rule without a say is at
// chance.
std::size_t best_of(const std::vector<double>& values, RandomStream& random) {
  const double most = *std::max_element(values.begin(), values.end());
  std::vector<std::size_t> best;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == most) best.push_back(i);
  return best[random.below(best.size())];
}

// How far the best choice lies above the next.
double lead_of(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + 1, values.end(), std::greater<>());
  return values[0] - values[1];
}

// How far each stream lies from all others, in units of each statistic's spread over the streams.
std::vector<double> oddness(const Measurements& streams) {
  std::vector<double> odd(streams.size());
  for (std::size_t i = 0; i < streams.front().size(); ++i) {
    std::vector<double> sorted;
    for (const auto& stream : streams) sorted.push_back(stream[i]);
    double spread = 0;
    for (const double a : sorted)
      for (const double b : sorted) spread = std::max(spread, std::abs(a - b));
    for (std::size_t s = 0; s < streams.size() && spread > 0; ++s)
      for (const double other : sorted) odd[s] += std::abs(streams[s][i] - other) / spread;
  }
  return odd;
}

class Scorer {
 public:
  Scorer(const ScoringInput& input, const Secret& seed) : input_(input), seed_(seed) {}

  std::vector<AttackScore> run() {
    const std::size_t streams = input_.job.attacks.front().size();
    for (std::size_t a = 0; a < input_.attacks.size(); ++a) {
      const AttackFacts& attack = input_.attacks[a];
      calibrated(attack.name, attack.sees,
                 [a](const MeasuredGame& game) { return game.attacks[a]; });
      if (attack.naive != 0) naive(attack, a);
    }
    calibrated("everything", "all statistics together", joined);
    if (streams >= 3)
      fixed("odd one out", "which stream is farthest from the others in all statistics",
            "the job alone", [](const MeasuredGame& game) { return oddness(joined(game)); });
    fixed("clueless", "nothing: the baseline", "nothing", [](const MeasuredGame& game) {
      return std::vector<double>(game.attacks.front().size());
    });
    finish();
    return std::move(scores_);
  }

 private:
  template <typename Get>
  void calibrated(const std::string& name, const std::string& sees, Get get) {
    std::vector<Measurements> measured;
    for (const MeasuredGame& game : input_.games) measured.push_back(get(game));
    std::vector<LogitGame> halves[2], all;
    for (std::size_t g = 0; g < measured.size(); ++g) {
      const LogitGame game{&measured[g], &input_.games[g].wanted};
      halves[g % 2].push_back(game);
      all.push_back(game);
    }
    const ConditionalLogit taught[2] = {ConditionalLogit(halves[1]), ConditionalLogit(halves[0])};
    const Measurements job = get(input_.job);
    const std::vector<double> of_job = ConditionalLogit(all).probabilities(job);
    RandomStream ties(seed_, "ties/calibrated/" + name);
    AttackScore score = judged(
        name, sees, "the job and the program",
        [&](std::size_t g) { return taught[g % 2].probabilities(measured[g]); }, ties);
    score.pick = best_of(of_job, ties);
    score.confidence = of_job[score.pick];
    scores_.push_back(std::move(score));
  }

  void naive(const AttackFacts& attack, std::size_t a) {
    fixed(attack.name + ", naive",
          fmt::format("the {} {}", attack.naive > 0 ? "largest" : "smallest",
                      attack.statistics.front()),
          "the job alone", [&, a](const MeasuredGame& game) {
            std::vector<double> values;
            for (const auto& stream : game.attacks[a])
              values.push_back(attack.naive * stream.front());
            return values;
          });
  }

  template <typename Rule>
  void fixed(const std::string& name, const std::string& sees, const char* access, Rule rule) {
    RandomStream ties(seed_, "ties/" + name);
    AttackScore score = judged(
        name, sees, access, [&](std::size_t g) { return rule(input_.games[g]); }, ties);
    const std::vector<double> job = rule(input_.job);
    score.pick = best_of(job, ties);
    score.confidence = 1 / static_cast<double>(job.size());
    scores_.push_back(std::move(score));
  }

  template <typename Values>
  AttackScore judged(const std::string& name, const std::string& sees, const char* access,
                     Values values, RandomStream& ties) {
    AttackScore score;
    score.name = name, score.sees = sees, score.access = access;
    double hits = 0;
    std::vector<double> certainty;
    for (std::size_t g = 0; g < input_.games.size(); ++g) {
      const std::vector<bool>& wanted = input_.games[g].wanted;
      const std::vector<double> of_streams = values(g);
      const bool hit = wanted[best_of(of_streams, ties)];
      certainty.push_back(lead_of(of_streams));
      score.hits.push_back(hit);
      hits += hit;
      score.chance += static_cast<double>(std::count(wanted.begin(), wanted.end(), true)) /
                      static_cast<double>(wanted.size());
    }
    score.games = static_cast<double>(input_.games.size());
    score.chance /= score.games;
    score.accuracy = hits / score.games;
    const SurestGames surest = surest_games(score.hits, certainty);
    score.surest = surest.share, score.surest_games = surest.count;
    return score;
  }

  // Intervals hold for all attackers together (Bonferroni); the baseline is none.
  void finish() {
    const double z = z_of(kAlpha / static_cast<double>(scores_.size() - 1));
    for (AttackScore& score : scores_) {
      const double rest = std::max(1e-9, 1 - score.chance);
      const Interval share = wilson(score.accuracy * score.games, score.games, z);
      score.advantage = (score.accuracy - score.chance) / rest;
      score.advantage_within = {(share.low - score.chance) / rest,
                                (share.high - score.chance) / rest};
    }
    std::stable_sort(scores_.begin(), scores_.end() - 1,
                     [](const auto& a, const auto& b) { return a.advantage > b.advantage; });
  }

  const ScoringInput& input_;
  const Secret& seed_;
  std::vector<AttackScore> scores_;
};

}  // namespace

AttackFacts facts_of(const Attack& attack) {
  return {std::string(attack.name()), std::string(attack.sees()), attack.statistics(),
          attack.naive()};
}

Measurements joined(const MeasuredGame& game) {
  Measurements all(game.attacks.front().size());
  for (const Measurements& attack : game.attacks)
    for (std::size_t s = 0; s < attack.size(); ++s)
      all[s].insert(all[s].end(), attack[s].begin(), attack[s].end());
  return all;
}

SurestGames surest_games(const std::vector<bool>& hits, const std::vector<double>& certainty) {
  std::vector<double> sorted = certainty;
  const auto rank =
      static_cast<std::ptrdiff_t>(std::ceil(kSurest * static_cast<double>(sorted.size()))) - 1;
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end(), std::greater<>());
  const double least = sorted[static_cast<std::size_t>(rank)];
  SurestGames surest;
  for (std::size_t g = 0; g < hits.size(); ++g) {
    if (certainty[g] < least) continue;
    surest.count += 1;
    surest.share += hits[g];
  }
  surest.share /= surest.count;
  return surest;
}

Interval wilson(double hits, double count, double z) {
  const double p = hits / count, below = 1 + z * z / count;
  const double middle = (p + z * z / (2 * count)) / below;
  const double half = z * std::sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / below;
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double z_of(double alpha) {
  double low = 0, high = 10;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) > alpha ? low : high) = middle;
  }
  return high;
}

std::vector<AttackScore> score_attacks(const ScoringInput& input, const Secret& seed) {
  return Scorer(input, seed).run();
}

}  // namespace amalgam
