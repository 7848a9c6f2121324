// Who is said to name a wanted task, where several do.
#include "audit/verdict.h"

#include <gtest/gtest.h>

#include "audit/headline.h"

namespace amalgam {
namespace {

constexpr const char* kAnyone = "Anyone who opens this job can tell which data is yours";

// Two sub-networks; the intervals of an attacker are .1 wide to either side.
AuditResult result_of(double accuracy) {
  AuditResult result;
  result.subnetworks = 2;
  result.wanted = {0};
  AttackLine attacker, clueless;
  attacker.name = "edges", clueless.name = "clueless";
  attacker.accuracy = accuracy, attacker.chance = clueless.accuracy = clueless.chance = 0.5;
  attacker.advantage = 2 * accuracy - 1;
  attacker.low = attacker.advantage - 0.1, attacker.high = attacker.advantage + 0.1;
  result.attacks = {attacker, clueless};
  return result;
}

PriorRanking naming(bool sure, bool right) {
  PriorRanking ranking;
  ranking.data = "mine.zip";
  ranking.streams.resize(2);
  ranking.resembles = true, ranking.sure = sure, ranking.right = right;
  return ranking;
}

void judge(AuditResult& result) {
  const AuditOptions options;
  decide(result, {}, options.bound);
  say(result, options);
}

TEST(Verdict, WhoKnowsNothingAndNearlyAlwaysFindsTheTaskIsNamedBeforeWhoKnowsTheOwner) {
  AuditResult result = result_of(0.97);
  result.priors = {naming(true, true)};
  judge(result);
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_EQ(result.headline, kAnyone);
  EXPECT_NE(result.reason.find("'edges'"), std::string::npos) << result.reason;
}

TEST(Verdict, WhoKnowsTheOwnerIsNamedBeforeAttackersThatMissATenth) {
  for (const double accuracy : {0.5, 0.8}) {
    AuditResult result = result_of(accuracy);
    result.priors = {naming(false, true), naming(true, false), naming(true, true)};
    judge(result);
    EXPECT_EQ(result.verdict, Verdict::kFail);
    EXPECT_EQ(result.headline, "A cloud that knows what you do can tell which data is yours");
    EXPECT_NE(result.reason.find("mine.zip"), std::string::npos) << result.reason;
  }
}

TEST(Verdict, WithoutGamesWhoKnowsTheOwnerIsNamed) {
  AuditResult result = result_of(0.5);
  result.attacks.clear();
  result.priors = {naming(true, true)};
  decide(result, {"rows are too few", ""}, 0.2);
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_EQ(naming_attacker(result, 0.2), nullptr);
}

TEST(Verdict, WhoIsSureOfADecoyOrNotSureChangesNothing) {
  for (const PriorRanking& ranking : {naming(true, false), naming(false, true)}) {
    AuditResult result = result_of(0.5);
    result.priors = {ranking};
    judge(result);
    EXPECT_EQ(result.verdict, Verdict::kPass);
  }
}

}  // namespace
}  // namespace amalgam
