#include "audit/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace amalgam {
namespace {

// From this share of games on, finding the wanted one is certain enough to say so.
constexpr double kNearlyAlways = 0.9;

void set(AuditResult& result, Verdict verdict, std::string reason) {
  result.verdict = verdict;
  result.reason = std::move(reason);
}

std::string first_of(const std::vector<HardFailure>& failures) {
  const std::string more =
      failures.size() > 1 ? fmt::format(", and {} more", failures.size() - 1) : "";
  return fmt::format("{} ({}{})", failures[0].what, failures[0].kind, more);
}

// The attacker with the largest of these ends of intervals; the baseline, which is last, is none.
const AttackLine& largest(const AuditResult& result, double AttackLine::*end) {
  return *std::max_element(
      result.attacks.begin(), result.attacks.end() - 1,
      [end](const AttackLine& a, const AttackLine& b) { return a.*end < b.*end; });
}

// Among tasks that are all wanted, what tells one from another finds nothing; a name still does.
bool tells_tasks_apart_only(const std::vector<HardFailure>& failures) {
  return std::none_of(failures.begin(), failures.end(), [](const HardFailure& failure) {
    return failure.kind == "secrets" || failure.kind == "changed" || failure.kind == "public data";
  });
}

std::string named_by(const PriorRanking& ranking) {
  const PriorStream& first = ranking.streams.front();
  return fmt::format(
      "who has {} names sub-network {}: a classifier tells {} such samples from it with an AUC of "
      "{:.2f}, from the next with {:.2f} (p = {:.1g})",
      ranking.data, first.subnetwork, ranking.samples, first.auc, ranking.streams[1].auc,
      ranking.p);
}

std::string found_by(const AttackLine& attacker) {
  return fmt::format(
      "the attacker '{}' finds the wanted one in {:.0f} % of the games (chance {:.0f} %)",
      attacker.name, 100 * attacker.accuracy, 100 * attacker.chance);
}

void judge_games(AuditResult& result, double bound) {
  const AttackLine& surest = largest(result, &AttackLine::low);
  const AttackLine& highest = largest(result, &AttackLine::high);
  if (surest.low > bound) return set(result, Verdict::kFail, found_by(surest));
  if (highest.high <= bound)
    return set(result, Verdict::kPass,
               fmt::format("no attacker's advantage in {} games can be above {:.2f}; the strongest "
                           "is right in {:.0f} % of them, and chance in {:.0f} %",
                           result.games, highest.high, 100 * result.attacks.front().accuracy,
                           100 * result.attacks.front().chance));
  set(result, Verdict::kInconclusive,
      fmt::format(
          "the advantage of '{}' may be as high as {:.2f} or as low as {:.2f}, the bound is {:g}",
          highest.name, highest.high, highest.low, bound));
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kInconclusive:
      break;
  }
  return "inconclusive";
}

const PriorRanking* naming_prior(const AuditResult& result) {
  const auto found =
      std::find_if(result.priors.begin(), result.priors.end(),
                   [](const PriorRanking& ranking) { return ranking.sure && ranking.right; });
  return found == result.priors.end() ? nullptr : &*found;
}

const AttackLine* naming_attacker(const AuditResult& result, double bound) {
  if (result.attacks.empty()) return nullptr;
  const AttackLine& surest = largest(result, &AttackLine::low);
  return surest.low > bound && surest.accuracy >= kNearlyAlways ? &surest : nullptr;
}

void decide(AuditResult& result, const Doubts& doubts, double bound) {
  const bool decoys = result.subnetworks > result.wanted.size();
  if (!decoys && result.subnetworks > 1 && tells_tasks_apart_only(result.failures))
    return set(result, Verdict::kPass,
               "every sub-network is wanted, so that there is none to be found");
  if (!result.failures.empty()) return set(result, Verdict::kFail, first_of(result.failures));
  if (result.subnetworks == 1)
    return set(result, Verdict::kFail, "there is one sub-network, so that nothing hides it");
  if (const AttackLine* attacker = naming_attacker(result, bound))
    return set(result, Verdict::kFail, found_by(*attacker));
  if (const PriorRanking* prior = naming_prior(result))
    return set(result, Verdict::kFail, named_by(*prior));
  if (!doubts.unplayable.empty())
    return set(result, Verdict::kInconclusive, "no games could be played: " + doubts.unplayable);
  judge_games(result, bound);
  if (result.verdict == Verdict::kPass && !doubts.generator.empty())
    set(result, Verdict::kInconclusive, doubts.generator);
}

}  // namespace amalgam
