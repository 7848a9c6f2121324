// Tasks in, a job and a key out.
//
//     amalgam::ObfuscateOptions options;
//     options.recipe = amalgam::read_recipe("recipe.toml");
//     options.recipe.tasks = {amalgam::single_task(options.recipe, "model.pt2", "digits.npz")};
//     options.job = "job";
//     options.key = "home.key";
//     amalgam::ObfuscateSummary summary = amalgam::obfuscate(options);
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/recipe.h"

namespace amalgam {

struct Key;

// Whether tokens are numbered anew, by a secret order for each stream. kWhereExact: where every sum
// stays as it is, so that extraction is exact: embeddings, and no clipping or softmax over them.
// kVocabulary: wherever it can be; under a softmax or with clipping extraction is then exact up to
// rounding.
enum class Disguise { kWhereExact, kNone, kVocabulary };

// Where training starts. kRedraw: tensors that an initializer of PyTorch made and nothing trained
// are drawn anew, for all tasks alike. kKeep: every tensor keeps its owner's values.
enum class StartPolicy { kRedraw, kKeep };

// The form of generated decoys and of guests without a model. kSame: the model's graph and sizes.
// kFamily: other members of its family: widths and depths from ladders that people use.
enum class VariantKind { kSame, kFamily };

// The most that may be asked for: of either amount, and of generated decoys as of links.
inline constexpr double kMostAmount = 1000;
inline constexpr std::uint64_t kMostDecoys = 1000;

// What the time of an upload is told for.
inline constexpr double kUploadBitsPerSecond = 100e6;

struct ObfuscateOptions {
  Recipe recipe;  // its tasks are the wanted ones, its decoys the guests
  // Outputs, a folder and a file. Refused where they exist. In a dry run they may be empty.
  std::filesystem::path job;
  std::filesystem::path key;
  // All is drawn and woven but the rows, to tell what the job would be; nothing is written.
  bool dry_run = false;
  // How many are generated; default 1 without a guest or a second task, else 0.
  std::optional<std::uint64_t> decoys;
  // A generator; "patches:PHOTOS", "copula:DATA", "unigram:TEXT" and "ngram:TEXT" with a path.
  // Default: "unigram" for tokens, else "resample".
  std::string noise;
  std::optional<std::uint64_t> links;  // one-way connections into decoys; default: none
  // Inserted values and parameters, relative to the wanted tasks'; default: whole streams, and
  // variants as their kind says. With an amount of parameters they are of the widths that give it.
  std::optional<double> amount, model_amount;
  StartPolicy start = StartPolicy::kRedraw;
  std::optional<VariantKind> variants;  // default: kSame
  // The paper's scheme, for research: generated decoys read random columns, and the wanted tasks'
  // targets. What is not given is as in the paper: uniform noise, an amount of 1 of values and of
  // parameters, two decoys for each wanted task, and one link.
  bool paper = false;
  Disguise disguise = Disguise::kWhereExact;
  // Of the job; default: those of the longest wanted task, or with `like` those of the other job
  // where the wanted tasks have as many rows as then.
  std::optional<std::uint64_t> rows;
  const ImageLibrary* images = nullptr;  // null: images are refused
  const TextLibrary* text = nullptr;     // null: text is refused
  bool skip_damaged = false;             // leave damaged images out
  // Another job of the same tasks, with the plan, order and decoys of the job that this key belongs
  // to; null: a new plan. It begins where that job began, all tasks alike, or with `trained` where
  // that job ended: its trained file, which every sub-network continues from.
  std::shared_ptr<const Key> like;
  std::optional<std::filesystem::path> trained;
  // Seals the key; none: whoever has the file can open it.
  std::optional<std::string> passphrase;
  // The plan's secret, for tests and research: 64 hexadecimal digits; default: from the system.
  std::optional<std::string> seed_hex;
  // The job is the same for any number; 0: as many as the machine has.
  unsigned threads = 0;
  // About so large each file of samples becomes.
  std::uint64_t shard_bytes = std::uint64_t{128} << 20;
  Progress* progress = nullptr;  // null: silent
};

// What was made, for its owner: it says which sub-networks there are, never which is wanted.
struct ObfuscateSummary {
  std::size_t wanted = 0, guests = 0, generated = 0;  // tasks
  std::size_t subnetworks = 0;
  std::size_t receiving = 0;  // of them: over links, so that they can't be the wanted one
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
  double flops = 0;         // of one forward pass of one sample through the whole
  double wanted_flops = 0;  // through the wanted tasks alone
  double step_cost = 1;  // of the whole, relative to the wanted tasks alone: an estimate for a CPU
  std::uint64_t parameters = 0;
  std::uint64_t wanted_parameters = 0;
  double inserted = 0;        // values a sample, relative to the wanted tasks'
  std::uint64_t bytes = 0;    // to upload
  double upload_seconds = 0;  // at kUploadBitsPerSecond
  // Bytes that train.py asks for where it writes, with its default --keep all,best, and those of
  // them that are for the weights after each of so many epochs.
  double disk = 0, epochs_disk = 0;
  std::uint64_t epochs = 0;
  double memory = 0;         // bytes, an estimate of what training takes
  double wanted_memory = 0;  // the same of the wanted tasks, trained one after another
  // What was fitted on wanted tasks' data, and stays at home: SentencePiece models of texts,
  // KEY.TASK.tokenizer, and columns of tables, KEY.TASK.table.json.
  std::vector<std::filesystem::path> fitted;
  // Of a dry run without a seed: the job itself is another draw, whose numbers may differ a little.
  bool draws_anew = false;
  std::vector<std::string> notes;  // what the user should know; one sentence each
};

// The task that --model and --data name, called "task", with the recipe's settings.
TaskSettings single_task(const Recipe& recipe, std::string model, std::string data,
                         std::string validation = "", std::string eval_model = "");

// What obfuscate() refuses before it loads a model or data, for callers that make these first:
// options that fit no task, files that are not there, outputs that are there or can't be written.
// Throws Error.
void check_before_loading(const ObfuscateOptions& options);

// Writes the job's folder and the key, both or neither. Throws Error: kInvalid and kUnsupported for
// models, data and recipes that do not fit, with all findings; kDamaged for files that are not what
// their format demands; kExists for outputs that are there; kIo; kInterrupted. Nothing half-written
// remains. With `dry_run` neither is written, and all else is the same but what only writing finds
// out (a full disk).
ObfuscateSummary obfuscate(const ObfuscateOptions& options);

}  // namespace amalgam
