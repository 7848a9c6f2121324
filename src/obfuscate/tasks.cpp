#include "obfuscate/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "amalgam/key.h"
#include "amalgam/model.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "obfuscate/amounts.h"
#include "obfuscate/like.h"
#include "obfuscate/noise_kind.h"
#include "obfuscate/unused.h"
#include "obfuscate/variants.h"
#include "variants/resolution.h"

namespace amalgam {
namespace {

// A guest may have a model, data, or both of its own.
enum class GuestKind { kWhole, kData, kModel };

GuestKind kind_of(const TaskSettings& settings) {
  if (settings.model.empty()) return GuestKind::kData;
  return settings.has_data() ? GuestKind::kWhole : GuestKind::kModel;
}

// The highest class number and those below it.
std::optional<std::uint64_t> class_count(const Dataset& data) {
  if (!data.classes.empty()) return data.classes.size();
  if (!data.targets || data.targets->tensor.dtype != DType::kInt64) return std::nullopt;
  const auto labels = view_as<std::int64_t>(data.targets->tensor.source->view());
  const std::int64_t most = *std::max_element(labels.begin(), labels.end());
  return most < 1 ? 2 : static_cast<std::uint64_t>(most) + 1;
}

std::uint64_t values_of(const Task& task) {
  std::uint64_t values = 0;
  for (const ColumnShape& columns : task.shape.features) values += columns.width;
  return values;
}

std::uint64_t input_values(const Model& model) {
  std::uint64_t values = 0;
  for (const ModelInput& input : model.train.inputs)
    values += element_count(sample_shape(model.train.values[input.value], model.where));
  return values;
}

class Assembly {
 public:
  Assembly(const ObfuscateOptions& options, const Secret& seed) : options_(options), seed_(seed) {
    reading_.images = options.images;
    reading_.text.library = options.text;
    reading_.skip_damaged = options.skip_damaged;
    reading_.progress = options.progress;
  }

  Tasks run() {
    load_wanted();
    findings_.raise();
    if (options_.like) adopt_plan(*options_.like, tasks_.wanted_names, tasks_.all);
    load_guests();
    findings_.raise();
    find_unused(options_.recipe, given_data(), findings_);
    findings_.raise();
    count();
    tasks_.noise = read_noise_kind(options_, tasks_.all[0], reading_,
                                   tasks_.counts.generated + on_models_.size() > 0);
    draw_all_variants();
    make_guests_on_data();
    findings_.raise();
    decide_rows();
    add_generated();
    for (Task& task : generated_) tasks_.all.push_back(std::move(task));
    if (options_.like) check_tasks_like(*options_.like, tasks_.all);
    return std::move(tasks_);
  }

 private:
  // A guest that has data and no model, or a model and no data.
  struct DataGuest {
    TaskSettings settings;
    TaskData data;
  };
  struct ModelGuest {
    TaskSettings settings;
    std::shared_ptr<const Model> model;
  };

  template <typename Work>
  void collect(Work work) {
    try {
      work();
    } catch (const Error& error) {
      for (const Finding& f : error.findings()) findings_.add(f.code, f.where, f.what);
    }
  }

  const JobSettings& job() const { return options_.recipe.job; }
  std::size_t wanted() const { return options_.recipe.tasks.size(); }
  const Model& model_of(std::size_t task) const { return *tasks_.all[task].network.model; }

  // All are loaded before any finding stops the work, so that a user sees everything that is wrong.
  void load_wanted() {
    for (const TaskSettings& settings : options_.recipe.tasks) {
      collect([&] { tasks_.all.push_back(load_task(settings, job(), reading_)); });
      tasks_.wanted_names.push_back(settings.name);
    }
  }

  void load_guests() {
    std::size_t number = 0;
    for (const TaskSettings& settings : options_.recipe.decoys)
      collect([&] {
        const std::string name = fmt::format("decoy[{}]", number++);
        if (settings.model.empty() && !settings.has_data())
          throw Error(ErrorCode::kInvalid, name, "names neither a model nor data");
        if (!settings.has_data() && !settings.validation.empty())
          throw Error(ErrorCode::kInvalid, name, "has validation data, but no data");
        if (settings.model.empty() && !settings.eval_model.empty())
          throw Error(ErrorCode::kInvalid, name, "has an eval_model, but no model");
        if (kind_of(settings) == GuestKind::kWhole)
          tasks_.all.push_back(load_task(settings, job(), reading_, true));
        else if (kind_of(settings) == GuestKind::kModel)
          on_models_.push_back({settings, load_model(settings)});
        else
          on_data_.push_back({settings, load_data(settings, model_of(0), reading_, true)});
      });
  }

  std::vector<GivenData> given_data() const {
    std::vector<GivenData> given;
    for (std::size_t t = 0; t < wanted(); ++t)
      given.push_back({&options_.recipe.tasks[t], tasks_.all[t].data.get()});
    std::size_t whole = wanted();
    for (const TaskSettings& settings : options_.recipe.decoys)
      if (kind_of(settings) == GuestKind::kWhole)
        given.push_back({&settings, tasks_.all[whole++].data.get()});
    for (const DataGuest& guest : on_data_)
      given.push_back({&guest.settings, guest.data.training.get()});
    return given;
  }

  // How many decoys are generated, and how much of a stream each inserts.
  void count() {
    TaskCounts& counts = tasks_.counts;
    counts.wanted = wanted();
    counts.guests = options_.recipe.decoys.size();
    std::vector<std::uint64_t> own;
    std::uint64_t guests = 0;
    for (std::size_t t = 0; t < tasks_.all.size(); ++t) {
      if (t < wanted())
        own.push_back(values_of(tasks_.all[t]));
      else
        guests += values_of(tasks_.all[t]);
    }
    for (const DataGuest& guest : on_data_)
      for (const Field& field : guest.data.training->features) guests += field.width();
    for (const ModelGuest& guest : on_models_) guests += input_values(*guest.model);
    std::optional<std::uint64_t> decoys = options_.decoys;
    if (options_.like && !decoys) {
      const std::size_t given = counts.wanted + counts.guests, had = options_.like->tasks.size();
      decoys = had > given ? had - given : 0;
    }
    const bool alone = counts.wanted == 1 && counts.guests == 0;
    inserted_ = share_values(options_.amount, own, guests, decoys, alone ? 1 : 0);
    counts.generated = inserted_.decoys;
  }

  // How many generated decoys imitate a wanted task: they take turns.
  std::size_t generated_like(std::size_t task) const {
    const TaskCounts& counts = tasks_.counts;
    return counts.generated / counts.wanted + (task < counts.generated % counts.wanted ? 1 : 0);
  }

  std::optional<double> mean_parameters() const {
    if (!options_.model_amount) return std::nullopt;
    double own = 0, fixed = 0, variants = 0;
    for (std::size_t t = 0; t < tasks_.all.size(); ++t)
      (t < wanted() ? own : fixed) += static_cast<double>(parameter_count(model_of(t)));
    for (const ModelGuest& guest : on_models_)
      fixed += static_cast<double>(parameter_count(*guest.model));
    for (std::size_t w = 0; w < wanted(); ++w)
      variants += static_cast<double>(parameter_count(model_of(w)) *
                                      (generated_like(w) + (w == 0 ? on_data_.size() : 0)));
    return share_parameters(*options_.model_amount, own, fixed, variants);
  }

  // The model on images so small that a generated decoy inserts its part of a stream; null where it
  // takes none such.
  std::shared_ptr<const Model> on_smaller_images(const Task& like) const {
    if (inserted_.part >= 1 || options_.paper || !options_.images) return nullptr;
    const Field& field = like.data->features.front();
    const Shape& shape = like.network.sample_shapes.front();
    if (like.data->features.size() != 1 || field.tensor.dtype != DType::kUInt8 ||
        shape.size() != 3 || (shape[0] != 1 && shape[0] != 3))
      return nullptr;
    const double scale = std::sqrt(inserted_.part);
    auto scaled = [scale](std::uint64_t size) {
      return static_cast<std::uint64_t>(std::llround(scale * static_cast<double>(size)));
    };
    const ImageSize size{scaled(shape[1]), scaled(shape[2])};
    if (size.height < 2 || size.width < 2) return nullptr;
    auto smaller = at_resolution(*like.network.model, size);
    return smaller ? std::make_shared<const Model>(std::move(*smaller)) : nullptr;
  }

  // Variants of one model are drawn together, because its rank by size is among all of them.
  void draw_all_variants() {
    const std::optional<double> mean = mean_parameters();
    for (std::size_t w = 0; w < wanted(); ++w) {
      const Task& like = tasks_.all[w];
      VariantWishes wishes{{}, mean};
      for (std::size_t i = 0; w == 0 && i < on_data_.size(); ++i) {
        const auto classes =
            like.classes > 0 ? class_count(*on_data_[i].data.training) : std::nullopt;
        wishes.each.push_back({classes == like.classes ? std::nullopt : classes, nullptr});
      }
      smaller_.push_back(on_smaller_images(like));
      wishes.each.resize(wishes.each.size() + generated_like(w), {std::nullopt, smaller_.back()});
      tasks_.counts.variants += wishes.each.size();
      variants_.push_back(draw_variants(like.network.model,
                                        {like.network.output, like.network.eval_output}, wishes,
                                        seed_, like.shape.fingerprint));
    }
  }

  std::shared_ptr<const Model> filled(const Variant& variant, std::size_t like,
                                      const std::string& name) const {
    return std::make_shared<const Model>(
        initialised(*variant.model, variant.origin, model_of(like), seed_, "initial/" + name));
  }

  // "@DATA": a variant of the first task's model on data of its own.
  void make_guests_on_data() {
    for (std::size_t i = 0; i < on_data_.size(); ++i)
      collect([&] { tasks_.all.push_back(variant_on(on_data_[i], variants_[0][i])); });
  }

  Task variant_on(DataGuest& guest, const std::optional<Variant>& variant) {
    TaskSettings settings = guest.settings;
    if (!variant)
      throw Error(ErrorCode::kInvalid, settings.data,
                  fmt::format("has {} classes, which a variant of the first task's model can't be "
                              "given; name a model for it: MODEL.pt2@{}",
                              class_count(*guest.data.training).value_or(0), settings.data));
    settings.train.output = options_.recipe.tasks[0].train.output;
    const std::string name = "on/" + data_fingerprint(*guest.data.training);
    return make_task(settings, filled(*variant, 0, name), std::move(guest.data), job());
  }

  void decide_rows() {
    for (const Task& task : tasks_.all)
      tasks_.held_out_rows = std::max(tasks_.held_out_rows, task.shape.held_out_rows);
    for (const Task& task : tasks_.all)
      if (tasks_.held_out_rows > 0 && task.shape.held_out_rows == 0 && task.shape.rows < 2)
        throw Error(ErrorCode::kInvalid, task.data->where,
                    "has 1 row, and one would be set aside for validation, because another task "
                    "has validation data; give it two rows or more, or validation data of its own");
    const Task& longest = *std::max_element(
        tasks_.all.begin(), tasks_.all.begin() + static_cast<std::ptrdiff_t>(wanted()),
        [this](const Task& a, const Task& b) { return rows_left(a) < rows_left(b); });
    if (options_.like) check_held_out_like(*options_.like, tasks_.held_out_rows);
    tasks_.rows = options_.like ? options_.like->rows : options_.rows.value_or(rows_left(longest));
    check_rows(longest);
  }

  // For training, of those that a task has.
  std::uint64_t rows_left(const Task& task) const {
    return task.shape.rows - rows_set_aside(task.shape, tasks_.held_out_rows);
  }

  void check_rows(const Task& longest) const {
    const std::string& where = longest.data->where;
    const std::uint64_t own = rows_left(longest), aside = longest.shape.rows - own;
    if (tasks_.rows < 2 && options_.rows)
      throw Error(ErrorCode::kUsage, "--rows",
                  fmt::format("a job needs at least two rows, found {}", tasks_.rows));
    if (tasks_.rows < 2)
      throw Error(
          ErrorCode::kInvalid, where,
          fmt::format(
              "has {} {}{}; training needs at least two", longest.shape.rows,
              longest.shape.rows == 1 ? "row" : "rows",
              aside > 0 ? fmt::format(", {} of them set aside for validation", aside) : ""));
    const std::uint64_t streams = tasks_.all.size() + on_models_.size() + tasks_.counts.generated;
    if (const Limit limit = row_numbers(streams); options_.rows && tasks_.rows > limit.most)
      throw Error(ErrorCode::kInvalid, "--rows",
                  fmt::format("would be {}, and {}; {}, the longest data, has {} rows", tasks_.rows,
                              limit.text(), where, own));
  }

  void add_generated() {
    for (const ModelGuest& guest : on_models_) collect([&] { add_model_guest(guest); });
    findings_.raise();
    for (std::size_t w = 0; w < wanted(); ++w) {
      const std::size_t count = generated_like(w), first = variants_[w].size() - count;
      // The same task gives the same decoys, whatever its place in the list.
      for (std::size_t i = 0; i < count; ++i)
        add_decoy(
            w,
            fmt::format("{}/{}/{}/{}", tasks_.all[w].shape.fingerprint,
                        generator_name(tasks_.noise, tasks_.all[w].tokens), inserted_.part, i),
            *variants_[w][first + i]);
    }
  }

  void add_decoy(std::size_t like, const std::string& name, const Variant& variant) {
    const auto model = filled(variant, like, name);
    if (!smaller_[like]) {
      generate(tasks_.all[like], name, model);
      share_columns(generated_.back().shape);
      return;
    }
    const TaskSettings& settings = options_.recipe.tasks[like];
    TaskData data{data_like(*tasks_.all[like].data, *model, settings.train.output, options_.images),
                  nullptr};
    generate(make_task(settings, model, std::move(data), job()), name, model);
  }

  // What a decoy does not insert, it reads from others.
  void share_columns(TaskShape& shape) const {
    for (ColumnShape& columns : shape.features) {
      const auto own = std::llround(inserted_.part * static_cast<double>(columns.width));
      columns.borrowed =
          columns.width - std::max<std::uint64_t>(1, static_cast<std::uint64_t>(own));
      columns.scattered = options_.paper;
    }
    if (options_.paper && shape.targets) shape.targets->borrowed = shape.targets->width;
  }

  void generate(const Task& like, const std::string& name, std::shared_ptr<const Model> model) {
    generated_.push_back(generated_task(
        like, {name, std::move(model), tasks_.noise, tasks_.rows, tasks_.held_out_rows}, seed_));
  }

  // "MODEL@": a model of its own on generated data, which imitates the first task's.
  void add_model_guest(const ModelGuest& guest) {
    TaskData data{
        data_like(*tasks_.all[0].data, *guest.model, guest.settings.train.output, options_.images),
        nullptr};
    const Task task = make_task(guest.settings, guest.model, std::move(data), job());
    generate(task,
             model_fingerprint(*guest.model) + "/" + generator_name(tasks_.noise, task.tokens),
             guest.model);
    generated_.back().label = task.label + "(generated data)";
  }

  const ObfuscateOptions& options_;
  const Secret& seed_;
  DatasetOptions reading_;
  Findings findings_;
  Tasks tasks_;
  Inserted inserted_;
  std::vector<Task> generated_;
  std::vector<DataGuest> on_data_;
  std::vector<ModelGuest> on_models_;
  std::vector<std::shared_ptr<const Model>> smaller_;          // by wanted task; may be null
  std::vector<std::vector<std::optional<Variant>>> variants_;  // by wanted task
};

}  // namespace

Tasks assemble_tasks(const ObfuscateOptions& options, const Secret& seed) {
  return Assembly(options, seed).run();
}

}  // namespace amalgam
