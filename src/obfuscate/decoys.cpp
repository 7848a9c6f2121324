#include "obfuscate/decoys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/bytes.h"
#include "base/counted.h"
#include "formats/losses.h"
#include "variants/resolution.h"
#include "variants/starts.h"

namespace amalgam {
namespace {

// The highest class number that is not ignored, and those below it.
std::optional<std::uint64_t> class_count(const Dataset& data, const TrainSettings& train) {
  if (!data.classes.empty()) return data.classes.size();
  const std::int64_t ignored = ignored_class(train).value_or(-1);
  for (const Field& field : data.targets()) {
    if (field.tensor.dtype != DType::kInt64) continue;
    std::int64_t most = 1;
    for (const std::int64_t label : view_as<std::int64_t>(field.tensor.source->view()))
      if (label != ignored) most = std::max(most, label);
    return static_cast<std::uint64_t>(most) + 1;
  }
  return std::nullopt;
}

// Whether the loss has a number for each class, or a program may count on their number, so that
// there can be no other.
bool fixes_classes(const TaskNetwork& network) {
  if (!network.model->attached.empty()) return true;
  const TrainSettings& train = network.train;
  const LossRow& row = loss_row(train.loss);
  return std::any_of(train.loss_arguments.begin(), train.loss_arguments.end(),
                     [&](const auto& given) {
                       return find_argument(row, given.first)->kind == ArgumentKind::kWeights;
                     });
}

// How many classes a variant on that data has, where not as many as the model. A model with more
// classes than its own data keeps them on other data, too, or it alone would have some in vain.
std::optional<std::uint64_t> other_classes(const Task& like, const Dataset& data) {
  const TrainSettings& train = like.network.train;
  const auto own = class_count(*like.data, train), classes = class_count(data, train);
  if (fixes_classes(like.network) || like.classes == 0 || !classes || *classes == like.classes)
    return std::nullopt;
  if (own && *own < like.classes && *classes < like.classes) return std::nullopt;
  return classes;
}

// The model on images of a part of the size; null where it takes none such.
std::shared_ptr<const Model> on_smaller_images(const Task& like, double part) {
  const Field& field = like.data->fields.front();
  const Shape& shape = like.network.sample_shapes().front();
  if (like.data->feature_count() != 1 || field.tensor.dtype != DType::kUInt8 || shape.size() != 3 ||
      (shape[0] != 1 && shape[0] != 3))
    return nullptr;
  const double scale = std::sqrt(part);
  auto scaled = [scale](std::uint64_t size) {
    return static_cast<std::uint64_t>(std::llround(scale * static_cast<double>(size)));
  };
  const ImageSize size{scaled(shape[1]), scaled(shape[2])};
  if (size.height < 2 || size.width < 2) return nullptr;
  auto smaller = at_resolution(*like.network.model, size);
  return smaller ? std::make_shared<const Model>(std::move(*smaller)) : nullptr;
}

// With values in all its tensors, from its own start. The job's start is drawn by place.
std::shared_ptr<const Model> filled(const Variant& variant, const std::string& name,
                                    const Secret& seed) {
  return std::make_shared<const Model>(
      started(*variant.model, variant.starts, seed, "initial/" + name));
}

// Of the random numbers that its rows are drawn by.
std::string noise_name(const NoiseKind& noise, const Task& like) {
  const std::string name = generator_name(noise, like.tokens);
  return noise.table ? name + "/" + data_fingerprint(*noise.table) : name;
}

TaskVariants draw_variants(const Task& like, std::span<const DataGuest> on_data,
                           std::size_t generated, std::shared_ptr<const Model> smaller,
                           const std::optional<double>& mean_parameters, VariantKind kind,
                           const Secret& seed) {
  VariantWishes wishes{{}, mean_parameters, mean_parameters ? VariantKind::kFamily : kind};
  for (const DataGuest& guest : on_data) {
    wishes.each.push_back({other_classes(like, *guest.data.training), nullptr});
  }
  wishes.each.resize(on_data.size() + generated, {std::nullopt, smaller});
  auto all = draw_variants(like.network, wishes, seed, like.shape.fingerprint);
  TaskVariants variants;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(on_data.size());
  variants.on_data.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(middle));
  variants.generated.assign(std::make_move_iterator(middle), std::make_move_iterator(all.end()));
  variants.smaller = std::move(smaller);
  return variants;
}

// What a decoy does not insert, it reads from others.
void share_columns(double part, bool paper, TaskShape& shape) {
  for (ColumnShape& columns : shape.fields) {
    if (columns.role == Role::kTarget) {
      if (paper) columns.borrowed = columns.width;
      continue;
    }
    const auto own = std::llround(part * static_cast<double>(columns.width));
    columns.borrowed = columns.width - std::max<std::uint64_t>(1, static_cast<std::uint64_t>(own));
    columns.scattered = paper;
  }
}

// A guest without a model has the first task's loss and transforms, whatever numbers they know.
void check_imitated(const Task& like, const DataGuest& guest) {
  const TaskNetwork& network = like.network;
  const TrainSettings& own = guest.settings.train;
  const std::string& where = guest.data.training->where;
  if (own.loss_program != network.train.loss_program ||
      own.metric_program != network.train.metric_program ||
      guest.settings.input.transform != network.input.transform ||
      guest.settings.input.eval_transform != network.input.eval_transform)
    throw Error(
        ErrorCode::kInvalid, where,
        "is given a loss, a transform or a metric of its own, but no model; a guest without "
        "one takes the first task's: leave them out, or give it a model, too");
  if (network.model->attached.empty()) return;
  const auto theirs = class_count(*guest.data.training, own);
  const auto ours = class_count(*like.data, network.train);
  if (theirs && ours && *theirs > *ours)
    throw Error(
        ErrorCode::kInvalid, where,
        fmt::format("has {}, more than the {} of the first task, whose loss and transforms "
                    "may count on that number; leave rows out, or give it a model of its own",
                    counted(*theirs, "class", "classes"), *ours));
}

}  // namespace

std::vector<TaskVariants> draw_variants(const ObfuscateOptions& options, const Given& given,
                                        const Amounts& amounts, const Secret& seed) {
  const bool smaller = amounts.part < 1 && !options.paper && options.images;
  std::vector<TaskVariants> variants;
  for (std::size_t w = 0; w < given.wanted.size(); ++w) {
    const Task& like = given.wanted[w];
    variants.push_back(draw_variants(
        like, w == 0 ? std::span(given.on_data) : std::span<const DataGuest>(),
        amounts.generated[w], smaller ? on_smaller_images(like, amounts.part) : nullptr,
        amounts.mean_parameters, options.variants.value_or(VariantKind::kSame), seed));
  }
  return variants;
}

std::vector<Task> guests_on_data(const ObfuscateOptions& options, Given& given,
                                 const TaskVariants& variants, const Secret& seed) {
  std::vector<Task> guests;
  Findings findings;
  for (std::size_t i = 0; i < given.on_data.size(); ++i)
    findings.collect([&] {
      DataGuest& guest = given.on_data[i];
      TaskSettings settings = guest.settings;
      if (!variants.on_data[i]) {
        const auto classes = class_count(*guest.data.training, settings.train).value_or(0);
        throw Error(ErrorCode::kInvalid, settings.data,
                    fmt::format("has {}, which a variant of the first task's model can't be "
                                "given; name a model for it: MODEL.pt2@{}",
                                counted(classes, "class", "classes"), settings.data));
      }
      check_imitated(given.wanted.front(), guest);
      const std::string name = "on/" + data_fingerprint(*guest.data.training);
      const Variant& variant = *variants.on_data[i];
      guests.push_back(
          make_task(settings, filled(variant, name, seed), guest.data, options.recipe.job));
      guests.back().network.starts = variant.starts;
    });
  findings.raise();
  return guests;
}

std::vector<Task> generate_decoys(const ObfuscateOptions& options, const Given& given,
                                  const std::vector<TaskVariants>& variants,
                                  const Generation& generation, const Secret& seed) {
  std::vector<Task> decoys;
  const JobSettings& job = options.recipe.job;
  const auto generate = [&](const Task& like, std::string name, std::shared_ptr<const Model> model,
                            std::vector<Start> starts) -> Task& {
    return decoys.emplace_back(generated_task(
        like, {std::move(name), std::move(model), std::move(starts), generation.noise}, seed));
  };
  // The task of a model, on the data of another as the model takes it.
  const auto imitating = [&](const Task& task, const TaskSettings& settings,
                             const std::shared_ptr<const Model>& model) {
    const auto like = [&](const std::shared_ptr<const Dataset>& data) {
      return data ? data_like(*data, *model, options.images) : nullptr;
    };
    return make_task(settings, model, {like(task.data), like(task.validation)}, job);
  };
  Findings findings;
  for (const ModelGuest& guest : given.on_models)
    findings.collect([&] {
      const Task task = imitating(given.wanted[0], guest.settings, guest.model);
      generate(task, model_fingerprint(*guest.model) + "/" + noise_name(generation.noise, task),
               guest.model, starts_of(*guest.model, options.start))
          .label = task.label + "(generated data)";
    });
  findings.raise();
  for (std::size_t w = 0; w < given.wanted.size(); ++w) {
    const Task& like = given.wanted[w];
    for (std::size_t i = 0; i < variants[w].generated.size(); ++i) {
      const std::string name = fmt::format("{}/{}/{}/{}", like.shape.fingerprint,
                                           noise_name(generation.noise, like), generation.part, i);
      const Variant& variant = *variants[w].generated[i];
      const auto model = filled(variant, name, seed);
      if (variants[w].smaller)
        generate(imitating(like, options.recipe.tasks[w], model), name, model, variant.starts);
      else
        share_columns(generation.part, options.paper,
                      generate(like, name, model, variant.starts).shape);
    }
  }
  return decoys;
}

}  // namespace amalgam
