// The auditor itself: intervals against published values, and what it says of games whose answer is
// known.
#include "audit/score.h"

#include <gtest/gtest.h>

#include "audit/logit.h"
#include "audit/restoration.h"
#include "audit/surrogates.h"
#include "seeds.h"

namespace amalgam {
namespace {

TEST(Interval, IsWilsons) {
  // Newcombe (1998), table I: 81 of 263 and 0 of 20, at 95 %.
  const double z = z_of(0.05);
  EXPECT_NEAR(z, 1.959964, 1e-6);
  EXPECT_NEAR(wilson(81, 263, z).low, 0.2553, 1e-4);
  EXPECT_NEAR(wilson(81, 263, z).high, 0.3662, 1e-4);
  EXPECT_NEAR(wilson(0, 20, z).low, 0, 1e-9);
  EXPECT_NEAR(wilson(0, 20, z).high, 0.1611, 1e-4);
}

// An attacker whose statistic is what a test puts into the first value of a row.
class Planted : public Attack {
 public:
  std::string_view name() const override { return "planted"; }
  std::string_view sees() const override { return "the first value"; }
  bool applies(SampleKind) const override { return true; }
  std::vector<std::string> statistics() const override { return {"value"}; }
  std::vector<double> measure(const StreamSample& sample) const override {
    return {static_cast<double>(sample.values[0])};
  }
};

// Of `count` games the wanted stream's statistic is `shift` deviations above the others'.
std::vector<MeasuredGame> games(std::size_t count, std::size_t streams, double shift) {
  const Secret seed = seed_of(0x77);
  RandomStream random(seed, "games");
  std::vector<MeasuredGame> all(count);
  for (MeasuredGame& game : all) {
    game.attacks.emplace_back();
    game.wanted.assign(streams, false);
    const std::size_t wanted = random.below(streams);
    game.wanted[wanted] = true;
    for (std::size_t s = 0; s < streams; ++s)
      game.attacks[0].push_back({random.normal() + (s == wanted ? shift : 0)});
  }
  return all;
}

AttackScore calibrated(double shift, std::size_t streams = 2) {
  const Planted planted;
  const auto played = games(1000, streams, shift);
  const MeasuredGame job = games(1, streams, shift)[0];
  const std::vector<AttackFacts> attacks = {facts_of(planted)};
  const Secret seed = seed_of(0x11);
  const auto scores = score_attacks({attacks, played, job}, seed);
  EXPECT_EQ(scores.back().name, "clueless");
  for (const AttackScore& score : scores)
    if (score.name == "planted") return score;
  throw std::logic_error("no score");
}

TEST(Score, NothingPlantedIsChance) {
  for (const std::size_t streams : {2, 4}) {
    const AttackScore score = calibrated(0, streams);
    EXPECT_DOUBLE_EQ(score.chance, 1 / static_cast<double>(streams));
    EXPECT_LE(score.advantage_within.low, 0);
    EXPECT_GE(score.advantage_within.high, 0);
    EXPECT_LT(score.advantage_within.high, 0.2);
  }
}

// A mean hides an attacker that knows when it is right.
TEST(Score, TheSurestGamesAreThoseOfTheLargestLead) {
  std::vector<bool> hits(100);
  std::vector<double> certainty(100);
  for (std::size_t g = 0; g < 100; ++g) certainty[g] = static_cast<double>(g % 50);
  // The surest five: 49 twice, 48 twice, 47, which ties with another.
  for (const std::size_t g : {49, 99, 48, 97}) hits[g] = true;
  EXPECT_EQ(surest_games(hits, certainty).count, 6);
  EXPECT_DOUBLE_EQ(surest_games(hits, certainty).share, 4.0 / 6);
  // Who is never surer than else has all games for its surest.
  EXPECT_EQ(surest_games(hits, std::vector<double>(100, 1)).count, 100);
  const AttackScore planted = calibrated(2);
  EXPECT_GE(planted.surest_games, 50);
  EXPECT_GT(planted.surest, planted.accuracy);
  EXPECT_GT(planted.surest, 0.97);
}

// Of two normal draws 2 deviations apart the larger one is right with probability Phi(sqrt 2).
TEST(Score, WhatIsPlantedIsFoundAsOftenAsItCanBe) {
  for (const double shift : {2.0, -2.0}) {
    const AttackScore score = calibrated(shift);
    EXPECT_NEAR(score.accuracy, 0.9214, 0.03);
    EXPECT_GT(score.advantage_within.low, 0.7);
  }
}

TEST(Oddness, FindsOneOfThreeThatStandsOut) {
  const Planted planted;
  const std::vector<AttackFacts> attacks = {facts_of(planted)};
  const auto played = games(1000, 3, 0);
  MeasuredGame job = games(1, 3, 0)[0];
  job.attacks[0] = {{0.1}, {5}, {0.1001}};
  const Oddness odd = odd_one_out({attacks, played, job});
  EXPECT_EQ(odd.stream, 1U);
  EXPECT_LT(odd.p, 0.01);
  job.attacks[0] = {{-1}, {0.2}, {1}};
  EXPECT_GT(odd_one_out({attacks, played, job}).p, 0.1);
}

TEST(Surrogates, AreBuiltIn) {
  const auto digits = built_in_surrogate(SampleKind::kImage);
  EXPECT_EQ(digits->rows(), 1797U);
  EXPECT_EQ(digits->fields[0].sample_shape(), (Shape{1, 8, 8}));
  const auto text = built_in_surrogate(SampleKind::kText);
  EXPECT_GT(text->rows(), 150U);
}

TEST(Game, IsAFunctionOfItsNumber) {
  Scheme scheme;
  scheme.wanted = {{}};
  scheme.decoys = {{"resample", 0, false}, {}};
  const std::vector sets = {built_in_surrogate(SampleKind::kImage)};
  const Secret seed = seed_of(0x22);
  const Game one = play(scheme, sets, seed, 5, 64), again = play(scheme, sets, seed, 5, 64);
  ASSERT_EQ(one.streams.size(), 3U);
  EXPECT_EQ(one.wanted, (std::vector{true, false, false}));
  for (std::size_t s = 0; s < 3; ++s) EXPECT_EQ(one.streams[s].values, again.streams[s].values);
  EXPECT_NE(one.streams[0].values, play(scheme, sets, seed, 6, 64).streams[0].values);
  // Streams of one game share no row.
  EXPECT_NE(one.streams[0].values, one.streams[2].values);
}

// With real data as decoys nothing distinguishes the roles, whatever the sizes of the parts: an
// auditor that found more than chance would be wrong. Three streams do not divide ten classes.
TEST(Game, OfRealDataIsExchangeable) {
  Scheme scheme;
  scheme.wanted = {{}};
  scheme.decoys = {{}, {}};
  const std::vector sets = {built_in_surrogate(SampleKind::kImage)};
  const Secret seed = seed_of(0x33);
  double largest = 0;
  for (std::uint64_t g = 0; g < 600; ++g) {
    const Game game = play(scheme, sets, seed, g, 1000);
    largest +=
        game.streams[0].rows > game.streams[1].rows || game.streams[0].rows > game.streams[2].rows;
  }
  EXPECT_NEAR(largest / 600, 2.0 / 3, 0.08);
}

}  // namespace
}  // namespace amalgam
