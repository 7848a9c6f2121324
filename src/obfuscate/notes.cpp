#include "obfuscate/notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "amalgam/model.h"
#include "base/counted.h"
#include "formats/class_counts.h"
#include "formats/recipe_json.h"
#include "obfuscate/model_notes.h"
#include "obfuscate/output_notes.h"
#include "obfuscate/own_numbers.h"
#include "obfuscate/preparation_notes.h"
#include "obfuscate/recipe_notes.h"
#include "obfuscate/same_rows_notes.h"
#include "obfuscate/start_notes.h"

namespace amalgam {
namespace {

std::string shapes_of(const Task& task) {
  std::string text;
  for (std::size_t f = 0; f < task.shape.feature_count(); ++f)
    text += to_string(task.network.sample_shapes()[f]);
  return text;
}

std::string dtypes_of(const Task& task) {
  std::string text;
  for (const ColumnShape& column : task.shape.features())
    text += fmt::format("{} ", dtype_name(column.dtype));
  return text;
}

std::string targets_of(const Task& task) {
  std::string text;
  for (std::size_t f = task.shape.feature_count(); f < task.shape.fields.size(); ++f)
    text += fmt::format("{} {} ", dtype_name(task.shape.fields[f].dtype),
                        to_string(task.network.sample_shapes()[f]));
  return text;
}

std::string graph_of(const Task& task) {
  std::string text;
  for (const Node& node : task.network.model->train().graph.nodes) text += node.name() + " ";
  for (const ModelTensor& tensor : task.network.model->tensors)
    text += to_string(tensor.tensor.shape);
  return text;
}

// What stands beside the model: the operations of each.
std::string programs_of(const Task& task) {
  std::string text;
  for (const Program& program : task.network.model->attached) {
    text += fmt::format("{}:", static_cast<int>(program.role));
    for (const Node& node : program.graph.nodes) text += node.name() + " ";
  }
  return text;
}

// What the cloud can tell apart without looking at a value.
std::string differences(const std::vector<Task>& tasks) {
  std::string found;
  auto compare = [&](const char* what, auto property) {
    std::set<std::string> seen;
    for (const Task& task : tasks) seen.insert(property(task));
    if (seen.size() > 1) found += (found.empty() ? "" : ", ") + std::string(what);
  };
  compare("sample shapes", shapes_of);
  compare("dtypes of features", dtypes_of);
  compare("targets' shapes and dtypes", targets_of);
  compare("numbers of classes", [](const Task& t) { return std::to_string(t.classes); });
  compare("losses", [](const Task& t) { return t.network.train.loss; });
  compare("optimizers", [](const Task& t) { return t.network.train.optimizer; });
  compare("settings of [train]", [](const Task& t) { return settings_text(t.network.train); });
  compare("settings of [input]", [](const Task& t) { return settings_text(t.network.input); });
  compare("network architectures", graph_of);
  compare("losses, transforms and metrics of their own", programs_of);
  compare("graphs for evaluation", [](const Task& t) {
    return std::string(t.network.model->find(ProgramRole::kEval) ? "own" : "none");
  });
  return found;
}

void note_decoys(const std::vector<Task>& tasks, const TaskCounts& counts, const std::string& noise,
                 std::vector<std::string>& notes) {
  if (counts.wanted + counts.guests + counts.generated == 1)
    notes.emplace_back("There is one sub-network and no decoy: this job hides nothing.");
  else if (counts.generated > 0)
    notes.push_back(fmt::format(
        "{} of {} sub-networks {} a generated decoy ({}): it stops a glance, not an analyst. "
        "Guests with real, unpublished data, or several tasks of your own, do better.",
        counts.generated, counts.wanted + counts.guests + counts.generated,
        by_count(counts.generated, "is", "are"), noise));
  else if (any_guest_apart(tasks, counts))
    notes.emplace_back(
        "A guest hides as well as its data is real, learnable, unpublished and from a source of "
        "its own.");
  else if (counts.guests == 0)
    notes.emplace_back(
        "Your own tasks hide each other: all are wanted, and the cloud sees every one in the "
        "clear.");
  if (counts.generated > 0 && counts.guests > 0)
    notes.emplace_back(
        "A generated decoy has as many rows of each class as the task that it imitates, and is "
        "easily told: beside guests it points at that task. Leave generated decoys out "
        "(--decoys 0).");
  if (counts.generated > 0 && noise == "patches")
    notes.emplace_back(
        "Decoys of patches were told from data in every game that we measured, an advantage of "
        "1.00 [.68, 1] in four settings: by brightness by class, exact duplicates, and neighbours "
        "that are too easy.");
}

void note_links(const Plan& plan, std::vector<std::string>& notes) {
  std::set<std::size_t> receivers;
  for (const Link& link : plan.links) receivers.insert(link.to);
  if (!receivers.empty())
    notes.push_back(fmt::format(
        "{} in {}. A sub-network that receives cannot be a wanted one, and that "
        "can be seen: only the other {} it.",
        counted(plan.links.size(), "link ends", "links end"), counted(receivers.size(), "decoy"),
        counted(plan.streams.size() - receivers.size(), "hides", "hide")));
}

// Whether a transform takes a field of tokens.
bool reads_tokens(const Task& task) {
  const TaskNetwork& network = task.network;
  return std::any_of(task.tokens.begin(), task.tokens.end(), [&](std::size_t token) {
    const auto takes = [token](const Flow& flow) {
      return std::count(flow.taken.begin(), flow.taken.end(), token) > 0;
    };
    return takes(network.in_training) || takes(network.in_evaluation);
  });
}

void note_vocabularies(const std::vector<Task>& tasks, std::size_t wanted,
                       std::vector<std::string>& notes) {
  std::string exact, rounded, read;
  for (std::size_t i = 0; i < wanted; ++i)
    if (reads_tokens(tasks[i])) read += (read.empty() ? "'" : ", '") + tasks[i].label + "'";
  if (!read.empty())
    notes.push_back(fmt::format(
        "A transform of {} reads numbers of tokens, so that they stay as they are in the job.",
        read));
  for (std::size_t i = 0; i < wanted; ++i)
    if (!tasks[i].network.vocabulary.empty()) {
      std::string& list = tasks[i].vocabulary.exact ? exact : rounded;
      list += (list.empty() ? "'" : ", '") + tasks[i].label + "'";
    }
  const char* worth =
      "This stops no one who counts how often each occurs and has text of the same kind.";
  if (!exact.empty())
    notes.push_back(
        fmt::format("Tokens of {} are numbered anew in each stream, undone at extraction, which "
                    "stays exact. {}",
                    exact, worth));
  if (!rounded.empty())
    notes.push_back(
        fmt::format("Tokens of {} are numbered anew in each stream, undone at extraction: under a "
                    "softmax over the vocabulary, or with clipping, it equals plain training up to "
                    "rounding. {}",
                    rounded, worth));
}

void note_sharing(const std::vector<Task>& tasks, std::vector<std::string>& notes) {
  std::size_t sharing = 0;
  bool scattered = false;
  for (const Task& task : tasks)
    for (const ColumnShape& columns : task.shape.features()) {
      sharing += columns.borrowed > 0 || columns.scattered ? 1 : 0;
      scattered = scattered || columns.scattered;
    }
  if (scattered)
    notes.emplace_back(
        "This is the paper's scheme, for research and comparison: random noise, decoys that read "
        "random columns and the wanted task's targets. The dataset alone gives the wanted stream "
        "away (docs/noise.md); do not rely on it.");
  else if (sharing > 0)
    notes.push_back(fmt::format(
        "{} columns of other tasks, because less than a whole stream is inserted for "
        "each: which columns are read twice can be seen, and a decoy of pieces is easily told.",
        counted(sharing, "decoy reads", "decoys read")));
}

// Two decoys of one source resemble each other, and the wanted one is the odd one out. Those over
// the same rows are as like as can be.
void note_sources(const std::vector<Task>& tasks, const TaskCounts& counts,
                  std::vector<std::string>& notes) {
  std::map<std::string, std::size_t> uses;
  std::set<std::size_t> counted_once;
  for (const auto& [features, some] : tasks_in_common(tasks))
    if (some.front() < counts.wanted) counted_once.insert(some.begin() + 1, some.end());
  for (std::size_t i = 0; i < counts.wanted + counts.guests && i < tasks.size(); ++i)
    if (tasks[i].has_own_data && !counted_once.contains(i)) ++uses[tasks[i].data->where];
  for (const auto& [source, count] : uses)
    if (count > 1)
      notes.push_back(fmt::format(
          "{} tasks have their data from one source, {}: they resemble each other, so that another "
          "task can be found as the odd one out. Give each decoy a source of its own.",
          count, source));
}

constexpr double kMet = 0.05;  // an amount of parameters, up to this part of it

bool amount_is_met(const std::vector<Task>& tasks, std::size_t wanted, double amount) {
  double own = 0, inserted = 0;
  for (std::size_t t = 0; t < tasks.size(); ++t)
    (t < wanted ? own : inserted) += static_cast<double>(parameter_count(*tasks[t].network.model));
  return std::abs(inserted - amount * own) <= kMet * amount * own;
}

// Asked for other sizes, where a model has none that may vary.
void note_same_sizes(const std::vector<Task>& tasks, const TaskCounts& counts,
                     const ObfuscateOptions& options, std::vector<std::string>& notes) {
  const bool family = options.variants == VariantKind::kFamily;
  if (counts.generated == 0 || (!family && !options.model_amount)) return;
  if (options.model_amount && amount_is_met(tasks, counts.wanted, *options.model_amount)) return;
  std::set<std::string> own;
  for (std::size_t t = 0; t < counts.wanted; ++t) own.insert(graph_of(tasks[t]));
  if (!std::all_of(tasks.begin() + static_cast<std::ptrdiff_t>(counts.wanted + counts.guests),
                   tasks.end(), [&](const Task& task) { return own.count(graph_of(task)) > 0; }))
    return;
  notes.push_back(
      fmt::format("Every generated decoy has its model's own sizes, whatever {} asks for: none of "
                  "them may vary (docs/variants.md).",
                  options.model_amount ? "--model-amount" : "--variants family"));
}

// Where they come from folders or labels, so that a class too many is seen at home.
void note_classes(const std::vector<Task>& tasks, std::vector<std::string>& notes) {
  for (const Task& task : tasks)
    for (const auto& data : {task.data, task.validation})
      if (data && task.has_own_data && !data->classes.empty())
        notes.push_back(fmt::format(
            "{}{} has {}: {}.", data->where,
            data->tabular ? ", '" + data->targets().front().name + "'," : "",
            counted(data->classes.size(), "class", "classes"), describe_classes(*data)));
}

// Made-up rows are as many as those that they imitate, and are where they are.
void note_rows(const std::vector<Task>& tasks, std::uint64_t rows, std::uint64_t held_out_rows,
               std::vector<std::string>& notes) {
  const auto left = [&](const Task& task) {
    return task.shape.rows - rows_set_aside(task.shape, held_out_rows);
  };
  std::uint64_t least = rows, most = 0;
  for (const Task& task : tasks) {
    least = std::min(least, left(task));
    most = std::max(most, left(task));
  }
  const std::string cure =
      most >= rows && least > 1
          ? fmt::format(" With --rows {} no stream repeats any of its own.", least)
          : "";
  for (const Task& task : tasks) {
    if (!task.has_own_data) continue;
    const std::uint64_t own = left(task);
    if (own < rows)
      notes.push_back(
          fmt::format("'{}' has {} of the job's {}: rows repeat, and repeated rows can be seen.{}",
                      task.label, counted(own, "row"), rows, cure));
    if (own > rows)
      notes.push_back(
          fmt::format("'{}' has {} rows, of which {} were drawn.", task.label, own, rows));
    const std::uint64_t aside = rows_set_aside(task.shape, held_out_rows);
    if (aside > 0)
      notes.push_back(
          fmt::format("'{}' has no validation data: {} of its rows {} set aside as held-out rows.",
                      task.label, aside, by_count(aside, "is", "are")));
    if (const std::uint64_t has = aside + task.shape.held_out_rows; has < held_out_rows)
      notes.push_back(
          fmt::format("'{0}' has {1} of the job's {2}: they repeat, and repeated rows can be seen. "
                      "Cut longer validation data to {1}, or give it as many of its own "
                      "(validation = \"FILE\" in its [[task]] or [[decoy]]).",
                      task.label, has, counted(held_out_rows, "held-out row")));
  }
}

}  // namespace

std::vector<std::string> job_notes(const std::vector<Task>& tasks, const TaskCounts& counts,
                                   const ObfuscateOptions& options, const std::string& noise,
                                   const Plan& plan, const std::vector<std::string>& alike) {
  const JobSettings& settings = options.recipe.job;
  std::vector<std::string> notes;
  note_decoys(tasks, counts, noise, notes);
  if (const std::string found = differences(tasks); !found.empty())
    notes.emplace_back("The tasks differ in " + found + ", which the cloud can see.");
  for (const Task& task : tasks)
    for (const auto& data : {task.data, task.validation})
      if (data && task.has_own_data)
        notes.insert(notes.end(), data->notes.begin(), data->notes.end());
  note_classes(tasks, notes);
  note_links(plan, notes);
  note_vocabularies(tasks, counts.wanted, notes);
  note_sharing(tasks, notes);
  for (std::string& note : same_rows_notes(tasks)) notes.push_back(std::move(note));
  note_sources(tasks, counts, notes);
  note_same_sizes(tasks, counts, options, notes);
  note_rows(tasks, plan.size.rows, plan.size.held_out_rows, notes);
  notes.insert(notes.end(), alike.begin(), alike.end());
  const auto given = std::span(tasks).first(std::min(tasks.size(), counts.wanted + counts.guests));
  for (std::string& note : preparation_notes(given)) notes.push_back(std::move(note));
  for (std::string& note : output_notes(given)) notes.push_back(std::move(note));
  for (std::string& note : own_number_notes(given)) notes.push_back(std::move(note));
  // Of what continues nothing is fresh; like_notes() says so.
  if (!options.trained)
    for (std::string& note : start_notes(given, options.start)) notes.push_back(std::move(note));
  for (std::string& note : model_notes(given)) notes.push_back(std::move(note));
  for (std::string& note : recipe_notes(given, settings, plan.size.rows))
    notes.push_back(std::move(note));
  for (const Task& task : tasks)
    if (settings.precision != "fp32" && casts_by_itself(*task.network.model))
      notes.push_back(fmt::format(
          "'{}' casts inside its graph: under {} it equals plain training up to rounding.",
          task.label, settings.precision));
  if (counts.guests + counts.generated > 0)
    notes.emplace_back(
        "To train again (another learning rate, more epochs, new data), use --like with this key: "
        "two "
        "jobs that share a task but not its decoys reveal it.");
  notes.emplace_back(
      "Extraction is exact, bit for bit, on one device with deterministic kernels; train.py "
      "--compile, --fast and "
      "several processes weaken that to \"up to rounding\" against plain training without them.");
  return notes;
}

}  // namespace amalgam
