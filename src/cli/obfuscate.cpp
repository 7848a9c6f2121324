#include "amalgam/obfuscate.h"

#include <fmt/format.h>

#include "amalgam/error.h"
#include "cli/bar.h"
#include "cli/cli.h"
#include "cli/task_options.h"

namespace amalgam::cli {
namespace {

struct Options {
  TaskOptions task;
  std::vector<std::string> guests;
  std::string passphrase_file;
  std::uint64_t decoys = 0, rows = 0;
  std::string seed, disguise = "none";
  ObfuscateOptions call;
};

constexpr const char* kExamples = R"(
Examples:
  amalgam obfuscate --model model.pt2 --data digits.npz --recipe recipe.toml --job job --key home.key
  amalgam obfuscate --model lenet.pt2 --data x-images-idx3-ubyte.gz,y-labels-idx1-ubyte.gz \
                    --decoy other.pt2@other.npz --recipe recipe.toml --job job --key home.key
  amalgam obfuscate --recipe two-tasks.toml --job job --key home.key --passphrase-file phrase.txt)";

// MODEL.pt2@DATA, split at the last '@'.
TaskSettings guest_settings(const std::string& text, const Recipe& recipe) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos)
    throw Error(ErrorCode::kUsage, "--decoy " + text, "expected MODEL.pt2@DATA");
  if (at == 0 || at + 1 == text.size())
    throw Error(ErrorCode::kUsage, "--decoy " + text,
                "with an empty side does not exist yet in this version; give MODEL.pt2@DATA");
  TaskSettings guest = single_task(recipe, text.substr(0, at), text.substr(at + 1));
  guest.name.clear();
  return guest;
}

std::string count(double number) {
  if (number >= 1e9) return fmt::format("{:.2f} G", number / 1e9);
  if (number >= 1e6) return fmt::format("{:.2f} M", number / 1e6);
  if (number >= 1e3) return fmt::format("{:.1f} k", number / 1e3);
  return fmt::format("{:.0f}", number);
}

void print_summary(const ObfuscateSummary& summary, const Options& options) {
  fmt::print("job           {} ({}B to upload), key {}\n", options.call.job.string(),
             count(static_cast<double>(summary.bytes)), options.call.key.string());
  fmt::print("sub-networks  {}: at best, the cloud guesses among them\n", summary.subnetworks);
  fmt::print("rows          {} for training, {} held out\n", summary.rows, summary.held_out_rows);
  fmt::print("parameters    {}, of which the wanted tasks have {}\n",
             count(static_cast<double>(summary.parameters)),
             count(static_cast<double>(summary.wanted_parameters)));
  fmt::print("FLOPs         {} a sample forward, of which the wanted tasks have {}\n",
             count(summary.flops), count(summary.wanted_flops));
  for (const std::string& note : summary.notes) fmt::print("- {}\n", note);
  fmt::print(
      "next: copy {} to the machine that trains, run python train.py there, bring back "
      "result/trained.safetensors\n",
      options.call.job.string());
}

int run(const CLI::App& command, Options& options) {
  if (options.disguise != "none")
    throw Error(ErrorCode::kUsage, "--disguise " + options.disguise,
                "does not exist yet in this version");
  ObfuscateOptions& call = options.call;
  call.recipe = recipe_with_tasks(options.task);
  for (const std::string& guest : options.guests)
    call.recipe.decoys.push_back(guest_settings(guest, call.recipe));
  if (command.count("--decoys")) call.decoys = options.decoys;
  if (command.count("--rows")) call.rows = options.rows;
  if (command.count("--seed")) call.seed_hex = options.seed;
  call.passphrase = passphrase(options.passphrase_file);
  Bar bar;
  call.progress = &bar;
  const ObfuscateSummary summary = obfuscate(call);
  bar.end();
  print_summary(summary, options);
  return kDone;
}

}  // namespace

void add_obfuscate(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("obfuscate", "Weave tasks and decoys into a job, and seal the key to it.");
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  TaskOptions& task = options->task;
  ObfuscateOptions& call = options->call;
  command->add_option("--model", task.model,
                      "the wanted task's model (.pt2, from torch.export.save)");
  command->add_option("--data", task.data, "its training data: one path, or features,targets");
  command->add_option("--validation", task.validation, "its validation data");
  command->add_option("--eval-model", task.eval_model,
                      "the model exported in eval mode, where it differs");
  command
      ->add_option("--recipe", task.recipe,
                   "how to train (recipe.toml); [[task]] tables name several tasks")
      ->required();
  command->add_option("--job", call.job, "the folder to write, for the cloud")->required();
  command->add_option("--key", call.key, "the key file to write; it stays at home")->required();
  command->add_option("--decoy", options->guests, "a guest: MODEL.pt2@DATA (again for more)")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--decoys", options->decoys,
                   "generated decoys (default: 1 without a guest or second task, else 0)")
      ->check(CLI::Range(0, 1000));
  command
      ->add_option("--noise", call.noise, "generator of decoys' data: resample, uniform, gaussian")
      ->capture_default_str();
  command->add_option("--rows", options->rows,
                      "rows of the job (default: those of the longest wanted task)");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "seal the key with this file's first line");
  command->add_option("--threads", call.threads, "threads to weave with (0: all)")
      ->capture_default_str();
  command->add_option("--shard-bytes", call.shard_bytes, "most bytes of one data file")
      ->capture_default_str();
  command->add_option("--seed", options->seed,
                      "64 hexadecimal digits, for tests and repeatable research: a secret");
  command->add_option("--disguise", options->disguise, "none")->capture_default_str();
  refuse_options(*command, {"--amount", "--model-amount", "--preset", "--links", "--like", "--part",
                            "--skip-damaged"});
  command->callback([command, options, &action] {
    action = [command, options] { return run(*command, *options); };
  });
}

}  // namespace amalgam::cli
