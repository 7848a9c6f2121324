// What is exactly round in one sub-network only, and how sure it must be.
#include "audit/specialness.h"

#include <gtest/gtest.h>

namespace amalgam {
namespace {

using Values = std::vector<std::optional<Measured>>;

// Of one statistic, among sub-networks of one kind.
TellList found(Values values) {
  const std::vector<std::size_t> alike(values.size(), 0);
  return special_ones({{"the least mean", std::move(values)}}, "streams", alike);
}

Measured mean(double value) { return measured(value, 1e-9, 1); }

TEST(Specialness, IsRoundInOneOnly) {
  const TellList list = found({mean(0.2), mean(1e-12), mean(-0.3)});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].streams, std::vector<std::size_t>{1});
  EXPECT_TRUE(list[0].ruled);
  EXPECT_NE(list[0].what.find("the least mean is exactly 0 (elsewhere 0.2, -0.3)"),
            std::string::npos)
      << list[0].what;
}

TEST(Specialness, IsNoneWhereAllOrNoneAreRound) {
  EXPECT_TRUE(found({mean(0), mean(0)}).empty());
  EXPECT_TRUE(found({mean(0.1), mean(0.2)}).empty());
}

TEST(Specialness, IsTheOnlyOneThatIsNotRound) {
  const TellList list = found({mean(0), mean(0.4), mean(0)});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].streams, std::vector<std::size_t>{1});
  EXPECT_TRUE(found({mean(0), mean(0.4), mean(0), mean(0.1)}).empty());
}

TEST(Specialness, ComparesOnlyWhatIsThere) { EXPECT_TRUE(found({mean(0), std::nullopt}).empty()); }

// A count of ten that is 0 by accident says nothing.
TEST(Specialness, IsNotAccident) {
  EXPECT_TRUE(found({measured(0, 1, 10), measured(3, 1, 10)}).empty());
  EXPECT_TRUE(
      found({measured_fact(1, true, "1", 0.25), measured_fact(0.5, false, "1", 0.25)}).empty());
  EXPECT_FALSE(
      found({measured_fact(1, true, "1", 1e-6), measured_fact(0.5, false, "1", 1e-6)}).empty());
}

// The more statistics are asked, the surer each must be.
TEST(Specialness, IsSurerTheMoreIsAsked) {
  const Values values = {measured_fact(1, true, "1", 1e-4), measured_fact(0.5, false, "1", 1)};
  StatisticTable table(1, {"one", values});
  EXPECT_EQ(special_ones(table, "streams", {0, 0}).size(), 1U);
  table.resize(1000, {"others", {measured(0.5, 1e-9, 1), measured(0.4, 1e-9, 1)}});
  EXPECT_TRUE(special_ones(table, "streams", {0, 0}).empty());
}

TEST(Specialness, OfAnotherKindIsANote) {
  const StatisticTable table = {{"the least mean", {mean(0), mean(0.5)}}};
  EXPECT_FALSE(special_ones(table, "tensors", {0, 1}).at(0).ruled);
}

TEST(Specialness, KnowsRoundNumbers) {
  const unsigned all = kRoundZero | kRoundOne | kRoundInteger | kRoundPowerOfTwo;
  EXPECT_EQ(measured(1, 1e-9, 4, all).round, "1");
  EXPECT_EQ(measured(-1, 1e-9, 4, all).round, "-1");
  EXPECT_EQ(measured(0.125, 1e-9, 4, all).round, "a power of two");
  EXPECT_EQ(measured(3, 1e-9, 4, all).round, "an integer");
  EXPECT_EQ(measured(3.5, 1e-9, 4, all).round, "");
  EXPECT_EQ(measured(1, 1e-9, 4).round, "");
}

TEST(Tell, FailsWhereARulePicksAWantedOne) {
  AuditResult result;
  result.wanted = {1};
  Tell tell{"special", {1}, "what", "cure", true, "meaning"};
  judge({tell}, result);
  tell.streams = {0};
  judge({tell}, result);
  tell.streams = {1}, tell.ruled = false;
  judge({tell}, result);
  EXPECT_EQ(result.failures.size(), 1U);
  ASSERT_EQ(result.notes.size(), 2U);
  EXPECT_EQ(result.notes[1].meaning, "meaning");
}

}  // namespace
}  // namespace amalgam
