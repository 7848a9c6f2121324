#include "amalgam/extract.h"

#include <fmt/format.h>

#include "base/counted.h"
#include "cli/bar.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/usage.h"

namespace amalgam::cli {
namespace {

struct Options {
  ExtractOptions call;
  std::string task, passphrase_file;
};

constexpr const char* kExamples = R"(
Examples:
  amalgam extract --key home.key --trained result/trained.safetensors --out weights.safetensors
  amalgam extract --key home.key --trained result/epoch-003.safetensors --task digits --out digits.safetensors
  amalgam extract --key home.key --trained result --best --out best.safetensors
  amalgam extract --key home.key --trained result --ema --out averaged.safetensors

Load it with: model.load_state_dict(safetensors.torch.load_file("weights.safetensors")))";

std::string value(const std::optional<double>& number) {
  return number ? fmt::format("{:.4g}", *number) : "none";
}

// As the cloud wrote it.
std::string held_out(const std::optional<HeldOutMetric>& metric) {
  if (!metric) return "";
  const std::string own =
      metric->name.empty() ? "" : fmt::format(", {} {}", metric->name, value(metric->value));
  return fmt::format("; metrics.jsonl says of held-out rows: loss {}{} (epoch {})",
                     value(metric->loss), own, metric->epoch);
}

int run(Options& options) {
  options.call.passphrase = passphrase(options.passphrase_file);
  if (!options.task.empty()) options.call.task = options.task;
  Bar bar;
  options.call.progress = &bar;
  const ExtractResult result = extract(options.call);
  bar.end();
  warn_of_key(options.call.key, options.passphrase_file);
  print_notes(result.notes);
  for (const ExtractedTask& task : result.tasks) {
    print_line("{}: {} in {}, {} changed by training{}", task.name, counted(task.tensors, "tensor"),
               task.path.string(), task.changed, held_out(task.held_out));
    if (!task.loss.empty()) print_line("{}: its loss in {}", task.name, task.loss.string());
  }
  return kDone;
}

}  // namespace

void add_extract(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("extract", "Take the wanted models out of a trained file.");
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  command->add_option("--key", options->call.key, "the key file")->required();
  command
      ->add_option("--trained", options->call.trained,
                   "trained.safetensors, an epoch's file, or train.py's folder")
      ->required();
  command->add_option("--epoch", options->call.epoch, "the weights after this epoch, from 1 on")
      ->check(whole_number(1));
  command->add_flag("--best", options->call.best,
                    "of each task the epoch that was best by its metric");
  command->add_flag("--ema", options->call.ema, "the averaged weights, where the recipe has ema");
  command->add_option("--out", options->call.out, "a file for one task, else a folder")->required();
  command->add_option("--task", options->task, "this task only");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "the passphrase is this file's first line");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace amalgam::cli
