#include "obfuscate/recipe_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "amalgam/model.h"
#include "base/counted.h"
#include "formats/optimizers.h"
#include "formats/schedules.h"
#include "obfuscate/grouped_notes.h"
#include "task/groups.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kMostLookedAt = std::uint64_t{4} << 20;  // bytes
// Counts and grey levels of few steps end below; pictures with 8 bits do not.
constexpr double kBright = 128;
// As rounded probabilities sum to it.
constexpr double kOfOne = 1e-2;

std::uint64_t ceil_of(std::uint64_t n, std::uint64_t by) { return n / by + (n % by != 0); }

// A last batch of one row is left out.
std::uint64_t batches_of(std::uint64_t rows, std::uint64_t size) {
  return rows / size + (rows % size > 1 ? 1 : 0);
}

void note_rate(const Task& task, GroupedNotes& notes) {
  const TrainSettings& train = task.network.train;
  if (train.arguments.count("lr")) return;
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  notes.add(task.label,
            fmt::format("the recipe gives no lr, so that PyTorch's default for {} holds, "
                        "{}.",
                        row.torch_class, row.default_lr));
}

// Of those that a recipe may give, AdamW alone decays by default.
void note_decay(const Task& task, GroupedNotes& notes) {
  const TrainSettings& train = task.network.train;
  const auto given = train.arguments.find("weight_decay");
  const double* decay =
      given == train.arguments.end() ? nullptr : std::get_if<double>(&given->second);
  if ((train.no_decay_bias || train.no_decay_norm) &&
      (decay ? *decay == 0 : train.optimizer != "adamw"))
    notes.add(task.label, "no_decay has no effect, because weight_decay is 0.");
}

// A rate that is to end above where it begins.
void note_floor(const Task& task, GroupedNotes& notes) {
  const TrainSettings& train = task.network.train;
  const auto given = train.arguments.find("lr");
  const double lr = given == train.arguments.end() ? find_optimizer(train.optimizer)->default_lr
                                                   : std::get<double>(given->second);
  const double floor = schedule_number(train.schedule, "min_lr");
  if (floor > lr)
    notes.add(task.label, fmt::format("[train.schedule] min_lr = {} is more than lr = {}: the "
                                      "learning rate rises to it.",
                                      floor, lr));
}

// A group that is inherited, and not there: of wanted tasks it is refused.
void note_groups(const Task& task, GroupedNotes& notes) {
  const std::string pattern = unmatched_group(*task.network.model, task.network.train);
  if (!pattern.empty())
    notes.add(task.label, fmt::format("no parameter is named by [[train.group]] match = \"{}\", so "
                                      "that it trains without this group, which can be seen.",
                                      pattern));
}

void note_steps(const Task& task, const JobSettings& settings, std::uint64_t batches,
                GroupedNotes& notes) {
  const TrainSettings& train = task.network.train;
  if (train.accumulate > batches)
    notes.add(task.label, fmt::format("accumulate = {}, but an epoch has {}, and ends with a step.",
                                      train.accumulate, counted(batches, "batch", "batches")));
  // As a real number: a job of 2^64 steps ends nowhere else.
  const double steps = static_cast<double>(settings.epochs) *
                       static_cast<double>(ceil_of(batches, train.accumulate));
  const std::string_view step = by_count(steps == 1 ? 1 : 2, "step", "steps");
  const Schedule& schedule = train.schedule;
  const double warmup = schedule_number(schedule, "warmup_steps");
  const double step_size = schedule_number(schedule, "step_size");
  if (warmup >= steps)
    notes.add(task.label, fmt::format("warmup_steps = {}, but the job has {} optimizer {}: the "
                                      "learning rate rises to its end.",
                                      warmup, steps, step));
  else if (step_size > 0 && warmup + step_size >= steps)
    notes.add(task.label, fmt::format("step_size = {}, but the job has {} optimizer {}: the "
                                      "learning rate is never cut.",
                                      step_size, steps, step));
  note_floor(task, notes);
}

template <class T>
double largest_of(const Tensor& tensor) {
  std::vector<T> values(std::min(tensor.bytes(), kMostLookedAt) / sizeof(T));
  tensor.source->read(0, std::as_writable_bytes(std::span(values)));
  double largest = 0;
  for (const T value : values) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return largest;
}

bool at_most_one(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::abs(x) <= 1; });
}

// Scaled once too little or once too often. The first input alone is what [input] is applied to.
void note_pictures(const Task& task, GroupedNotes& notes) {
  const TaskNetwork& network = task.network;
  const InputSettings& input = network.input;
  if (!task.data) return;
  const Program& program = network.model->train();
  const Field& field = task.data->fields.front();
  const bool numbers = is_floating(program.values[program.inputs.front().value].dtype) &&
                       std::count(task.tokens.begin(), task.tokens.end(), 0u) == 0;
  const bool bytes = field.tensor.dtype == DType::kUInt8;
  if (!numbers || (!bytes && field.tensor.dtype != DType::kFloat32)) return;
  const double largest =
      bytes ? largest_of<std::uint8_t>(field.tensor) : largest_of<float>(field.tensor);
  // A mean and a deviation that bytes themselves have say that no scale is meant.
  const bool transformed =
      std::count(network.in_training.taken.begin(), network.in_training.taken.end(), 0u) > 0;
  const bool as_bytes =
      transformed || input.fits() || !at_most_one(input.mean) || !at_most_one(input.std);
  if (bytes && !input.scale && largest >= kBright && !as_bytes)
    notes.add(task.label,
              "uint8 values reach the model as 0 to 255, because [input] does not scale them. If "
              "the model does not do so itself, [input] scale = 255.0 brings them to 0 to 1.");
  if (input.scale && *input.scale > 1 && largest > 0 && largest <= 1)
    notes.add(
        task.label,
        fmt::format("values of at most {:.3g} are divided by [input] scale = {} and reach the "
                    "model as at most {:.3g}. If they were scaled before, leave scale out.",
                    largest, *input.scale, largest / *input.scale));
}

// Several labels of a row, under a loss that takes them for probabilities of one.
void note_probabilities(const Task& task, GroupedNotes& notes) {
  const Flow& flow = task.network.in_training;
  if (task.network.train.loss != "cross_entropy" || flow.class_numbers || flow.targets.size() != 1)
    return;
  const Target& target = flow.targets.front();
  if (target.source.from != Source::From::kField || target.shape.size() != 1) return;
  const Field& field = task.data->fields[target.source.index];
  const std::uint64_t width = field.width();
  std::vector<float> values(std::min(field.tensor.bytes(), kMostLookedAt) / field.row_bytes() *
                            width);
  field.tensor.source->read(0, std::as_writable_bytes(std::span(values)));
  for (std::size_t at = 0; at < values.size(); at += width) {
    const double sum =
        std::accumulate(values.begin() + static_cast<std::ptrdiff_t>(at),
                        values.begin() + static_cast<std::ptrdiff_t>(at + width), 0.0);
    if (std::abs(sum - 1) <= kOfOne) continue;
    notes.add(task.label,
              fmt::format("cross_entropy takes '{}' as probabilities of classes, and they do not "
                          "sum to 1 (row {}, counted from 0, to {:g}): for several labels at once "
                          "the loss is bce_with_logits.",
                          field.name, at / width, sum));
    return;
  }
}

}  // namespace

std::vector<std::string> recipe_notes(std::span<const Task> given, const JobSettings& settings,
                                      std::uint64_t rows) {
  GroupedNotes notes;
  const std::uint64_t batches = std::max<std::uint64_t>(1, batches_of(rows, settings.batch_size));
  for (const Task& task : given) {
    note_rate(task, notes);
    note_decay(task, notes);
    note_groups(task, notes);
    note_steps(task, settings, batches, notes);
    note_pictures(task, notes);
    note_probabilities(task, notes);
  }
  std::vector<std::string> out = notes.all();
  if (settings.batch_size > rows)
    out.push_back(fmt::format("batch_size = {}, but the job has {}: each epoch is one batch.",
                              settings.batch_size, counted(rows, "row")));
  return out;
}

}  // namespace amalgam
