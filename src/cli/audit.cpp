#include "amalgam/audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/bar.h"
#include "cli/cli.h"
#include "cli/json_file.h"
#include "cli/print.h"
#include "cli/usage.h"

namespace amalgam::cli {
namespace {

struct Options {
  AuditOptions call;
  std::string report, json, passphrase_file;
  bool quick = false;
};

constexpr const char* kExamples = R"(
Examples:
  amalgam audit --key home.key --job job
  amalgam audit --key home.key --job job --report audit.html --surrogate other-photos.tar --public mnist.npz
  amalgam audit --key home.key --job second-job --earlier first-job
  amalgam audit --key home.key --job job --prior photos-of-that-kind.zip
  amalgam audit --key home.key --job job --full --trained result/trained.safetensors --report audit.html

Exit status: 0 the job passes, 3 it fails, 4 the audit is inconclusive.)";

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.0f} %", 100 * *share) : "-";
}

void print_training(const AuditResult& result) {
  for (const SubnetworkTraining& sub : result.trained)
    print_line(
        "sub-network {}, {}: loss {:.3f}, held out {:.3f}; accuracy {}, held out {}, chance "
        "{}",
        sub.subnetwork, sub.here ? "trained here" : "the trained file", sub.training_loss,
        sub.held_out_loss, percent(sub.training_accuracy), percent(sub.held_out_accuracy),
        percent(sub.chance));
}

// The streams, by how they are told from DATA of the kind that the cloud knows.
void print_priors(const AuditResult& result) {
  for (const PriorRanking& ranking : result.priors) {
    std::vector<std::string> order;
    for (const PriorStream& stream : ranking.streams)
      order.push_back(fmt::format("sub-network {} ({})", stream.subnetwork,
                                  stream.unlike.empty() ? fmt::format("AUC {:.2f}", stream.auc)
                                                        : "they are " + stream.unlike));
    const char* found = !ranking.resembles ? "like none of them"
                        : !ranking.sure    ? "not sure"
                        : ranking.right    ? "sure, and right"
                                           : "sure, and wrong";
    print_line("{} samples of {} are most like {}; {} (p = {:.1g})", ranking.samples, ranking.data,
               fmt::join(order, ", then "), found, ranking.p);
  }
}

void print_table(const AuditResult& result) {
  print_line("{}: {}", verdict_name(result.verdict), result.headline);
  print_line("  why: {}", result.reason);
  print_line("  next: {}", result.command);
  for (const HardFailure& failure : result.failures)
    print_line("  {}: {}; {}", failure.kind, failure.what, failure.cure);
  for (const AuditNote& note : result.notes)
    print_line("  note, {}: {}; {}", note.kind, note.what, note.meaning);
  print_priors(result);
  print_training(result);
  if (result.attacks.empty()) return;
  print_line("{} games of the scheme \"{}\", played with {}", result.games, result.scheme,
             result.surrogates);
  print_line("{:<36}{:>7}{:>8}{:>11}{:>16}{:>12}  {}", "attacker", "found", "chance", "advantage",
             "interval", "surest 5 %", "its pick here");
  for (const AttackLine& line : result.attacks)
    print_line("{:<36}{:>7.2f}{:>8.2f}{:>11.2f}{:>16}{:>12.2f}  {} ({:.0f} %), {}", line.name,
               line.accuracy, line.chance, line.advantage,
               fmt::format("[{:.2f}, {:.2f}]", line.low, line.high), line.surest, line.pick,
               100 * line.confidence, line.right ? "right" : "wrong");
  print_line("K_eff {:.2f} of {}: as if yours were one of so many (1 / found of the strongest)",
             result.k_eff, result.subnetworks);
}

int run(Options& options) {
  Bar bar;
  options.call.passphrase = passphrase(options.passphrase_file);
  warn_of_key(options.call.key, options.passphrase_file);
  if (options.call.python != default_python() && !options.call.full && !options.call.trained)
    print_notes({"--python has no effect without --full or --trained"});
  options.call.images = image_library();
  options.call.text = text_library();
  options.call.progress = &bar;
  if (!options.report.empty()) options.call.report = options.report;
  JsonOutput json(options.json);
  const AuditResult result = audit(options.call);
  bar.end();
  json.write(result.json);
  if (!json.takes_standard_output()) print_table(result);
  switch (result.verdict) {
    case Verdict::kPass:
      return kDone;
    case Verdict::kFail:
      return kLawBroken;
    case Verdict::kInconclusive:
      break;
  }
  return kInconclusive;
}

}  // namespace

void add_audit(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "audit", "Attack a job as the cloud could, and say whether it tells which task is wanted.");
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  AuditOptions& call = options->call;
  command->add_option("--key", call.key, "the key file; it is opened to score the attackers")
      ->required();
  command->add_option("--job", call.job, "the job's folder; nothing is written there")->required();
  auto* quick =
      command->add_flag("--quick", options->quick, "without training, in seconds (the default)");
  command
      ->add_flag("--full", call.full,
                 "with attackers that train: minutes to an hour; needs the package amalgam[audit]")
      ->excludes(quick);
  command->add_option(
      "--trained", call.trained,
      "what came back from the cloud: what its weights tell; needs the package, too");
  call.python = default_python();
  command->add_option("--python", call.python, "a Python with amalgam[audit], for these two")
      ->capture_default_str();
  command
      ->add_option("--public", call.publics,
                   "DATA that anybody has, to look samples up in (again for more)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option(
          "--surrogate", call.surrogates,
          "DATA of other people, of the same kind, that attackers are calibrated on (again "
          "for more)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--prior", call.priors,
                   "DATA of the kind that the cloud knows you work on, 20 samples or more: which "
                   "stream is like it (again for more)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--earlier", call.earlier, "a job that was sent before (again for more)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--games", call.games, "surrogate games; fewer may be inconclusive")
      ->check(whole_number(0))
      ->capture_default_str();
  command->add_option("--threads", call.threads, "at most so many; 0: all")
      ->check(whole_number(0))
      ->capture_default_str();
  command->add_option("--report", options->report, "write a page that opens offline here");
  command->add_option("--json", options->json, "write all of it as JSON (-: standard output)");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "the passphrase is this file's first line");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace amalgam::cli
