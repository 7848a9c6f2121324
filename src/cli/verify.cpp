#include "amalgam/verify.h"

#include <fmt/format.h>

#include "base/counted.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/task_options.h"
#include "cli/usage.h"

namespace amalgam::cli {
namespace {

struct Options {
  TaskOptions task;
  VerifyOptions call;
  std::string plain, passphrase_file;
};

constexpr const char* kExamples = R"(
Examples:
  amalgam verify --key home.key --job job --recipe recipe.toml --model model.pt2 --data digits.npz
  amalgam verify --key home.key --job job --recipe two-tasks.toml --steps 100 --plain plain

Both run on the CPU, so that every difference breaks the law (exit status 3), unless plain training is no two times
the same here: then up to 4 times as much is allowed as two plain runs are apart. Tokens that are numbered anew under a
softmax, or with clipping, have the same numbers in both. What weakens "bit for bit" elsewhere: train.py --compile and
--fast, several processes, another device.)";

void print_difference(const Difference& difference) {
  if (difference.what.empty())
    print_line("  {} differs by up to {:.3g}", difference.tensor, difference.largest);
  else
    print_line("  {} {}", difference.tensor, difference.what);
}

void print_bound(const VerifiedTask& task) {
  if (task.bound && task.bound->apart > 0)
    print_line(
        "  all together are {:.3g} apart; plain training is no two times the same here: two runs "
        "are "
        "{:.3g} apart, and up to {:.3g} is allowed",
        task.distance, task.bound->apart, task.bound->allowed);
  else if (!task.differences.empty())
    print_line("  no difference is allowed{}",
               task.bound ? ": plain training gives the same bits twice here" : "");
}

bool print_task(const VerifiedTask& task) {
  print_line("{}: {} of {} bit-identical to plain training", task.name, task.identical,
             counted(task.tensors, "tensor"));
  for (const std::string& reason : task.weakened_by)
    print_line("  what you train yourself is equal up to rounding only, because of {}", reason);
  for (const std::string& setting : task.other_settings)
    print_line("  the recipe is not the one that the job was made with: {}", setting);
  for (const Difference& difference : task.differences) print_difference(difference);
  print_bound(task);
  return task.holds();
}

int run(Options& options) {
  options.call.passphrase = passphrase(options.passphrase_file);
  warn_of_key(options.call.key, options.passphrase_file);
  options.call.images = image_library();
  options.call.text = text_library();
  options.call.recipe = recipe_with_tasks(options.task);
  if (!options.plain.empty()) options.call.plain = options.plain;
  bool holds = true;
  for (const VerifiedTask& task : verify(options.call)) holds = print_task(task) && holds;
  return holds ? kDone : kLawBroken;
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "verify", "Train the job and the plain model for some steps, and compare every tensor.");
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  command->add_option("--key", options->call.key, "the key file")->required();
  command->add_option("--job", options->call.job, "the job's folder")->required();
  command->add_option("--recipe", options->task.recipe, "the recipe that the job was made with")
      ->required();
  command->add_option("--model", options->task.model, "the wanted task's model");
  command->add_option("--data", options->task.data, "its training data");
  command->add_option("--validation", options->task.validation,
                      "its validation data, which a metric may need");
  command->add_option("--steps", options->call.steps, "batches to train")
      ->capture_default_str()
      ->check(whole_number(1));
  command->add_option(
      "--plain", options->plain,
      "keep rows, sub-network, start and plain weights of each task in this folder");
  options->call.python = default_python();
  command
      ->add_option("--python", options->call.python,
                   "a Python with torch, safetensors, tqdm and numpy")
      ->capture_default_str();
  command->add_option("--passphrase-file", options->passphrase_file,
                      "the passphrase is this file's first line");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace amalgam::cli
