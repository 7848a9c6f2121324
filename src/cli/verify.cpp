#include "amalgam/verify.h"

#include <fmt/format.h>

#include "cli/cli.h"
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

Weakens "bit for bit" to "up to rounding", in both runs alike or not: train.py --compile, train.py --fast, several
processes, another device, and bf16 where the exported graph casts by itself.)";

bool print_task(const VerifiedTask& task) {
  fmt::print("{}: {} of {} tensors bit-identical to plain training\n", task.name, task.identical,
             task.tensors);
  for (const std::string& reason : task.weakened_by)
    fmt::print("  equal up to rounding only, because of {}\n", reason);
  for (const Difference& difference : task.differences)
    fmt::print("  {} differs by up to {:.3g}\n", difference.tensor, difference.largest);
  return task.holds();
}

int run(Options& options) {
  options.call.passphrase = passphrase(options.passphrase_file);
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
  command->add_option("--steps", options->call.steps, "batches to train")
      ->capture_default_str()
      ->check(whole_number(1));
  command->add_option("--plain", options->plain,
                      "keep rows, sub-network and plain weights of each task in this folder");
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
