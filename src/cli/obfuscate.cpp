#include "amalgam/obfuscate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "amalgam/error.h"
#include "amalgam/key.h"
#include "base/counted.h"
#include "cli/bar.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/task_options.h"
#include "cli/usage.h"

namespace amalgam::cli {
namespace {

struct Options {
  TaskOptions task;
  std::vector<std::string> guests;
  std::string passphrase_file, like;
  std::uint64_t decoys = 0, rows = 0;
  double amount = 0, model_amount = 0;
  std::string seed, preset, disguise, start = "redraw", variants;
  ObfuscateOptions call;
};

constexpr const char* kExamples = R"(
Examples:
  amalgam obfuscate --model model.pt2 --data digits.npz --recipe recipe.toml --job job --key home.key
  amalgam obfuscate --model model.pt2 --data digits.npz --recipe recipe.toml --dry-run
  amalgam obfuscate --model lenet.pt2 --data x-images-idx3-ubyte.gz,y-labels-idx1-ubyte.gz \
                    --decoy other.pt2@other.npz --recipe recipe.toml --job job --key home.key
  amalgam obfuscate --model lenet.pt2 --data digits.npz --decoy @photos.tar.gz --recipe recipe.toml \
                    --job job --key home.key
  amalgam obfuscate --model model.pt2 --data digits.npz --like old.key --recipe more-epochs.toml \
                    --job job2 --key home2.key
  amalgam obfuscate --model model.pt2 --data digits.npz --preset paper --amount 0.5 --recipe recipe.toml \
                    --job job --key home.key
  amalgam obfuscate --model lstm.pt2 --data news.csv --validation news-valid.csv --noise ngram:wiki.txt \
                    --recipe text.toml --job job --key home.key
  amalgam obfuscate --recipe two-tasks.toml --job job --key home.key --passphrase-file phrase.txt)";

// MODEL.pt2@DATA, split at the last '@'; either side may be empty.
TaskSettings guest_settings(const std::string& text, const Recipe& recipe) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos)
    throw Error(ErrorCode::kUsage, "--decoy " + text,
                "expected MODEL.pt2@DATA, or @DATA alone (a variant of the first task's model)");
  if (text.size() == 1)
    throw Error(ErrorCode::kUsage, "--decoy @", "names neither a model nor data");
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

// Rounded up: nothing takes no time.
std::string duration(double seconds) {
  if (seconds <= 120) return fmt::format("{:.0f} s", std::max(1.0, std::ceil(seconds)));
  if (seconds <= 120 * 60) return fmt::format("{:.0f} min", std::ceil(seconds / 60));
  return fmt::format("{:.0f} h", std::ceil(seconds / 3600));
}

void print_upload(const ObfuscateSummary& summary, const ObfuscateOptions& call) {
  const std::string upload =
      fmt::format("{}{}B to upload, {} at {:.0f} Mbit/s", summary.draws_anew ? "about " : "",
                  count(static_cast<double>(summary.bytes)), duration(summary.upload_seconds),
                  kUploadBitsPerSecond / 1e6);
  if (call.dry_run)
    print_line("dry run       {}; nothing was written", upload);
  else
    print_line("job           {} ({}), key {}", call.job.string(), upload, call.key.string());
}

void print_summary(const ObfuscateSummary& summary, const Options& options) {
  print_upload(summary, options.call);
  print_line("tasks         {} wanted, {}, {}", summary.wanted, counted(summary.guests, "guest"),
             counted(summary.generated, "generated decoy"));
  const std::size_t open = summary.subnetworks - summary.receiving;
  print_line("sub-networks  {}, {} of which could be a wanted one: at best, the cloud guesses",
             summary.subnetworks, summary.receiving == 0 ? "each" : std::to_string(open));
  print_line("rows          {} for training, {} held out", summary.rows, summary.held_out_rows);
  print_line("parameters    {}, of which the wanted tasks have {}",
             count(static_cast<double>(summary.parameters)),
             count(static_cast<double>(summary.wanted_parameters)));
  print_line(
      "amount        {:.2f} times the wanted tasks' values inserted, {:.2f} times their "
      "parameters",
      summary.inserted,
      static_cast<double>(summary.parameters - summary.wanted_parameters) /
          static_cast<double>(std::max<std::uint64_t>(1, summary.wanted_parameters)));
  print_line("FLOPs         {} a sample forward, of which the wanted tasks have {}",
             count(summary.flops), count(summary.wanted_flops));
  print_line("cost          a training step takes about {:.2f} times the wanted tasks' (on a CPU)",
             summary.step_cost);
  print_line("memory        about {}B to train, beside {}B for the wanted tasks alone",
             count(summary.memory), count(summary.wanted_memory));
  print_line(
      "disk          about {}B for checkpoints and weights where it trains, {}B of it for those "
      "after {} (train.py --keep all,best, the default)",
      count(summary.disk), count(summary.epochs_disk),
      summary.epochs == 1 ? "the epoch" : fmt::format("each of {} epochs", summary.epochs));
  for (const auto& path : summary.fitted)
    if (path.extension() == ".json")
      print_line("table         {} (what its columns became; it stays at home)", path.string());
    else
      print_line("tokenizer     {} (SentencePiece; it stays at home)", path.string());
  for (const std::string& note : summary.notes) print_line("- {}", note);
  if (options.call.dry_run) return print_line("next: the same without --dry-run");
  print_line(
      "next: copy {} to the machine that trains, run python train.py there, bring back "
      "result/trained.safetensors",
      options.call.job.string());
}

int run(const CLI::App& command, Options& options) {
  ObfuscateOptions& call = options.call;
  if (!options.disguise.empty())
    call.disguise = options.disguise == "none" ? Disguise::kNone : Disguise::kVocabulary;
  if (options.start == "keep") call.start = StartPolicy::kKeep;
  if (!options.variants.empty())
    call.variants = options.variants == "same" ? VariantKind::kSame : VariantKind::kFamily;
  call.recipe = recipe_with_tasks(options.task);
  for (const std::string& guest : options.guests)
    call.recipe.decoys.push_back(guest_settings(guest, call.recipe));
  if (command.count("--decoys")) call.decoys = options.decoys;
  if (command.count("--amount")) call.amount = options.amount;
  if (command.count("--model-amount")) call.model_amount = options.model_amount;
  call.paper = options.preset == "paper";
  if (command.count("--rows")) call.rows = options.rows;
  if (command.count("--seed")) call.seed_hex = options.seed;
  call.passphrase = passphrase(options.passphrase_file);
  if (!options.like.empty()) {
    call.like = read_key(options.like, call.passphrase);
    warn_of_key(options.like);
  }
  call.images = image_library();
  call.text = text_library();
  Bar bar;
  call.progress = &bar;
  const ObfuscateSummary summary = obfuscate(call);
  bar.end();
  print_summary(summary, options);
  return kDone;
}

void add_wanted(CLI::App& command, TaskOptions& task, ObfuscateOptions& call) {
  command.add_option("--model", task.model,
                     "the wanted task's model (.pt2, from torch.export.save)");
  command.add_option("--data", task.data, "its training data: one path, or features,targets");
  command.add_option("--validation", task.validation, "its validation data");
  command.add_option("--eval-model", task.eval_model,
                     "the model exported in eval mode, where it differs");
  command
      .add_option("--recipe", task.recipe,
                  "how to train (recipe.toml); [[task]] tables name several tasks")
      ->required();
  CLI::Option* job =
      command.add_option("--job", call.job, "the folder to write, for the cloud")->required();
  CLI::Option* key =
      command.add_option("--key", call.key, "the key file to write; it stays at home")->required();
  command.add_flag_callback(
      "--dry-run",
      [&call, job, key] {
        call.dry_run = true;
        job->required(false);
        key->required(false);
      },
      "write nothing, and print what the job would be; --job and --key may be left out");
}

void add_decoys(CLI::App& command, Options& options) {
  ObfuscateOptions& call = options.call;
  command
      .add_option(
          "--decoy", options.guests,
          "a guest: MODEL.pt2@DATA; @DATA: a variant of the first task's model on that data; "
          "MODEL.pt2@: that model on generated data (again for more)")
      ->expected(1)
      ->take_all();
  command
      .add_option("--decoys", options.decoys,
                  "generated decoys (default: 1 without a guest or second task, else 0)")
      ->check(CLI::Range(0, static_cast<int>(kMostDecoys)));
  command.add_option(
      "--noise", call.noise,
      "generator of decoys' data: resample (the default), uniform, gaussian, spectrum, likeness, "
      "leaves, patches:PHOTOS (cut from a folder or archive of photographs), or copula:DATA (of "
      "tables: like these rows, which are in no task); of tokens "
      "unigram (the default), ngram, uniform, or ngram:TEXT (like that public text)");
  command
      .add_option("--amount", options.amount,
                  "inserted values, relative to the wanted tasks' (0.5 is 50 %; default: a whole "
                  "stream for each decoy)")
      ->check(number_above_zero(kMostAmount));
  command
      .add_option("--model-amount", options.model_amount,
                  "inserted parameters, relative to the wanted tasks' (default: variants of the "
                  "model's own size)")
      ->check(number_above_zero(kMostAmount));
  command
      .add_option("--variants", options.variants,
                  "the form of decoys without a model of their own: same (the model's graph; the "
                  "default) or family (other members of its family: widths and depths as people "
                  "choose them); with --model-amount, the widths that it asks for")
      ->check(CLI::IsMember({"same", "family"}));
  command
      .add_option("--start", options.start,
                  "redraw: initial values that nothing trained are drawn anew, for all tasks "
                  "alike; keep: every tensor keeps its owner's")
      ->check(CLI::IsMember({"redraw", "keep"}))
      ->capture_default_str();
  command
      .add_option("--preset", options.preset,
                  "paper: its scheme, for research (random noise, decoys of random columns, one "
                  "shared target column, links)")
      ->check(CLI::IsMember({"paper"}));
  command
      .add_option("--links", call.links,
                  "one-way connections into decoys; what receives cannot be a wanted task, and "
                  "that can be seen")
      ->check(CLI::Range(0, static_cast<int>(kMostDecoys)))
      ->capture_default_str();
  command
      .add_option(
          "--rows", options.rows,
          "rows of the job (default: those of the longest wanted task, or with --like of the "
          "older job)")
      ->check(whole_number(2));
}

void add_others(CLI::App& command, Options& options) {
  ObfuscateOptions& call = options.call;
  command.add_option("--passphrase-file", options.passphrase_file,
                     "seal the key with this file's first line");
  command.add_option("--like", options.like,
                     "train the same tasks again, with the plan and decoys of this older key");
  command.add_option("--trained", call.trained,
                     "with --like: every sub-network, decoys too, continues from this trained file "
                     "of the older job");
  command.add_flag("--skip-damaged", call.skip_damaged,
                   "leave damaged images out, and say how many");
  command.add_option("--threads", call.threads, "threads to weave with (0: all)")
      ->check(whole_number(0))
      ->capture_default_str();
  command.add_option("--shard-bytes", call.shard_bytes, "most bytes of one data file")
      ->check(whole_number(1))
      ->capture_default_str();
  command.add_option("--seed", options.seed,
                     "64 hexadecimal digits, for tests and repeatable research: a secret");
  command
      .add_option(
          "--disguise", options.disguise,
          "vocabulary: number tokens anew, undone at extraction, up to rounding under a "
          "softmax over them or with clipping; none: leave them (default: where it is exact)")
      ->check(CLI::IsMember({"none", "vocabulary"}));
}

}  // namespace

void add_obfuscate(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("obfuscate", "Weave tasks and decoys into a job, and seal the key to it.");
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  add_wanted(*command, options->task, options->call);
  add_decoys(*command, *options);
  add_others(*command, *options);
  refuse_options(*command, {"--part"});
  command->callback([command, options, &action] {
    action = [command, options] { return run(*command, *options); };
  });
}

}  // namespace amalgam::cli
