#include "audit/headline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "audit/verdict.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kMoreGames = 4;

constexpr const char* kAnyone = "Anyone who opens this job can tell which data is yours";

bool all_are_wanted(const AuditResult& result) {
  return result.wanted.size() == result.subnetworks;
}

bool has(const AuditResult& result, const char* kind) {
  return std::any_of(result.failures.begin(), result.failures.end(),
                     [&](const HardFailure& failure) { return failure.kind == kind; });
}

bool have_all(const AuditResult& result, const char* kind) {
  return std::all_of(result.failures.begin(), result.failures.end(),
                     [&](const HardFailure& failure) { return failure.kind == kind; });
}

// Links alone leave all that receive nothing.
bool only_rules_out(const AuditResult& result) {
  return have_all(result, "links") && result.failures.front().streams.size() > result.wanted.size();
}

std::string of_failures(const AuditResult& result) {
  if (has(result, "changed")) return "This is not the job that obfuscate wrote";
  if (has(result, "secrets")) return "This job's files hold what only your key should know";
  if (have_all(result, "earlier job"))
    return "Anyone who kept your earlier job can tell which data is yours";
  if (have_all(result, "public data"))
    return result.failures.front().streams.empty() || all_are_wanted(result)
               ? "Your data is public: anyone can look it up"
               : "Anyone who has that public data can tell which data is yours";
  if (only_rules_out(result))
    return "Anyone who opens this job can rule out some of what hides your data";
  return kAnyone;
}

std::string of_a_fail(const AuditResult& result, double bound) {
  if (!result.failures.empty()) return of_failures(result);
  if (result.subnetworks == 1) return "Nothing hides your data: it is alone in this job";
  if (naming_attacker(result, bound)) return kAnyone;
  if (naming_prior(result)) return "A cloud that knows what you do can tell which data is yours";
  return "Anyone who opens this job can guess which data is yours far better than by chance";
}

// What is known of a cloud that knows its customer.
std::string of_priors(const AuditResult& result) {
  if (result.priors.empty()) return "; what a cloud that knows you would find was not tried";
  const auto count = [&](auto which) {
    return std::count_if(result.priors.begin(), result.priors.end(), which);
  };
  if (count([](const auto& ranking) { return ranking.sure; }) > 0)
    return ", and a cloud that has the samples you gave would take a decoy for yours";
  if (count([](const auto& ranking) { return ranking.resembles; }) == 0)
    return "; the samples you gave are like none of its data, so what a cloud that knows you would "
           "find is not known";
  return ", and the samples you gave name no data surely";
}

std::string of_a_pass(const AuditResult& result) {
  if (all_are_wanted(result)) return "All data in this job is yours: there is none to be found";
  const bool some = std::any_of(result.attacks.begin(), result.attacks.end() - 1,
                                [](const AttackLine& line) { return line.low > 0; });
  return fmt::format("Our attackers did {} better than guessing{}", some ? "hardly" : "no",
                     of_priors(result));
}

bool too_few_games(const AuditResult& result, double bound) {
  return std::any_of(result.attacks.begin(), result.attacks.end() - 1,
                     [&](const AttackLine& line) { return line.high > bound; });
}

std::string of_doubt(const AuditResult& result, double bound) {
  if (result.attacks.empty()) return "Whether this job hides your data is not known";
  return too_few_games(result, bound)
             ? "Too few games to say whether our attackers do better than guessing"
             : "Our attackers did no better than guessing, but not all could be looked at";
}

std::string quoted(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](const char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
           std::string_view("/._-+,:@%=").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// This audit again, with something more.
std::string audit_again(const AuditOptions& options, const std::string& more, bool with_games) {
  std::string line = fmt::format("amalgam audit --key {} --job {}", quoted(options.key.string()),
                                 quoted(options.job.string()));
  const auto add = [&](const char* name, const std::vector<std::string>& values) {
    for (const std::string& value : values) line += fmt::format(" {} {}", name, quoted(value));
  };
  add("--surrogate", options.surrogates);
  add("--public", options.publics);
  add("--prior", options.priors);
  for (const auto& job : options.earlier) add("--earlier", {job.string()});
  if (options.trained) add("--trained", {options.trained->string()});
  if (options.full) line += " --full";
  if (with_games && options.games != AuditOptions{}.games)
    line += fmt::format(" --games {}", options.games);
  return line + " " + more;
}

// The job again, made otherwise.
std::string obfuscate_with(const std::string& change) {
  return "amalgam obfuscate --model MODEL.pt2 --data DATA --recipe RECIPE.toml " + change +
         (change.empty() ? "" : " ") + "--job NEW_JOB --key NEW.key";
}

// Of training rows one option; of held-out rows what the recipe says of each task.
std::string against_repeats(const AuditResult& result) {
  const auto of_training = [](const HardFailure& failure) {
    return failure.cure.find("--rows") != std::string::npos;
  };
  const bool any = std::any_of(result.failures.begin(), result.failures.end(), of_training);
  return obfuscate_with(any ? "--rows ROWS_OF_THE_SHORTEST" : "");
}

std::string after_a_fail(const AuditResult& result) {
  if (has(result, "changed") || has(result, "secrets")) return obfuscate_with("");
  if (!result.failures.empty()) {
    if (have_all(result, "earlier job")) return obfuscate_with("--like FIRST.key");
    if (have_all(result, "links")) return obfuscate_with("--links 0");
    if (have_all(result, "generator")) return obfuscate_with("--start redraw");
    if (have_all(result, "repeats")) return against_repeats(result);
  }
  // Of the same kind, where the cloud knows the kind.
  return obfuscate_with(naming_prior(result) ? "--decoy @DATA_OF_THE_SAME_KIND"
                                             : "--decoy @UNPUBLISHED_DATA");
}

std::string next_command(const AuditResult& result, const AuditOptions& options) {
  switch (result.verdict) {
    case Verdict::kFail:
      return after_a_fail(result);
    case Verdict::kInconclusive:
      if (result.attacks.empty()) return audit_again(options, "--surrogate DATA", true);
      if (!too_few_games(result, options.bound)) return obfuscate_with("--start redraw");
      return audit_again(options, fmt::format("--games {}", kMoreGames * options.games), false);
    case Verdict::kPass:
      break;
  }
  if (all_are_wanted(result) || (options.full && !options.priors.empty()))
    return fmt::format("cd {} && python train.py", quoted(options.job.string()));
  return audit_again(options, options.priors.empty() ? "--prior DATA" : "--full", true);
}

std::string headline_of(const AuditResult& result, const AuditOptions& options) {
  switch (result.verdict) {
    case Verdict::kPass:
      return of_a_pass(result);
    case Verdict::kFail:
      return of_a_fail(result, options.bound);
    case Verdict::kInconclusive:
      break;
  }
  return of_doubt(result, options.bound);
}

}  // namespace

void say(AuditResult& result, const AuditOptions& options) {
  result.headline = headline_of(result, options);
  result.command = next_command(result, options);
}

}  // namespace amalgam
