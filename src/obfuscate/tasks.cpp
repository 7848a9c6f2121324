#include "obfuscate/tasks.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/key.h"
#include "base/bytes.h"
#include "obfuscate/like.h"
#include "obfuscate/variants.h"

namespace amalgam {
namespace {

// A guest may have a model, data, or both of its own.
enum class GuestKind { kWhole, kData, kModel };

GuestKind kind_of(const TaskSettings& settings) {
  if (settings.model.empty()) return GuestKind::kData;
  return settings.data.empty() ? GuestKind::kModel : GuestKind::kWhole;
}

// The highest class number and those below it.
std::optional<std::uint64_t> class_count(const Dataset& data) {
  if (!data.classes.empty()) return data.classes.size();
  if (!data.targets || data.targets->tensor.dtype != DType::kInt64) return std::nullopt;
  const auto labels = view_as<std::int64_t>(data.targets->tensor.source->view());
  const std::int64_t most = *std::max_element(labels.begin(), labels.end());
  return most < 1 ? 2 : static_cast<std::uint64_t>(most) + 1;
}

class Assembly {
 public:
  Assembly(const ObfuscateOptions& options, const Secret& seed) : options_(options), seed_(seed) {
    reading_.images = options.images;
    reading_.skip_damaged = options.skip_damaged;
    reading_.progress = options.progress;
  }

  Tasks run() {
    load_wanted();
    findings_.raise();
    if (options_.like) adopt_plan(*options_.like, tasks_.wanted_names, tasks_.all);
    count();
    load_guests();
    findings_.raise();
    decide_rows();
    add_generated();
    for (Task& task : generated_) tasks_.all.push_back(std::move(task));
    if (options_.like) check_tasks_like(*options_.like, tasks_.all);
    return std::move(tasks_);
  }

 private:
  template <typename Work>
  void collect(Work work) {
    try {
      work();
    } catch (const Error& error) {
      for (const Finding& f : error.findings()) findings_.add(f.code, f.where, f.what);
    }
  }

  const JobSettings& job() const { return options_.recipe.job; }

  // All are loaded before any finding stops the work, so that a user sees everything that is wrong.
  void load_wanted() {
    for (const TaskSettings& settings : options_.recipe.tasks) {
      collect([&] { tasks_.all.push_back(load_task(settings, job(), reading_)); });
      tasks_.wanted_names.push_back(settings.name);
    }
  }

  void count() {
    TaskCounts& counts = tasks_.counts;
    counts.wanted = options_.recipe.tasks.size();
    counts.guests = options_.recipe.decoys.size();
    const bool alone = counts.wanted == 1 && counts.guests == 0;
    counts.generated = options_.decoys.value_or(alone ? 1 : 0);
    if (options_.like) {
      const std::size_t given = counts.wanted + counts.guests, had = options_.like->tasks.size();
      counts.generated = options_.decoys.value_or(had > given ? had - given : 0);
    }
  }

  // Guests of data alone need the first task's model, and those of a model alone its data.
  void load_guests() {
    const bool first = !tasks_.all.empty() && tasks_.all.size() == tasks_.counts.wanted;
    std::vector<TaskSettings> on_data;
    for (const TaskSettings& settings : options_.recipe.decoys) {
      if (kind_of(settings) == GuestKind::kWhole)
        collect([&] { tasks_.all.push_back(load_task(settings, job(), reading_, true)); });
      else if (kind_of(settings) == GuestKind::kModel)
        models_.push_back(settings);
      else
        on_data.push_back(settings);
    }
    if (!first) return;  // the findings say why
    std::vector<TaskData> data(on_data.size());
    for (std::size_t i = 0; i < on_data.size(); ++i)
      collect([&] { data[i] = load_data(on_data[i], model_of(0), reading_, true); });
    findings_.raise();
    draw_all_variants(data);
    for (std::size_t i = 0; i < on_data.size(); ++i)
      collect([&] { tasks_.all.push_back(variant_on(on_data[i], std::move(data[i]), i)); });
  }

  const Model& model_of(std::size_t task) const { return *tasks_.all[task].network.model; }

  // How many generated decoys imitate a wanted task: they take turns.
  std::size_t generated_like(std::size_t wanted) const {
    const TaskCounts& counts = tasks_.counts;
    return counts.generated / counts.wanted + (wanted < counts.generated % counts.wanted ? 1 : 0);
  }

  // Variants of one model are drawn together, because its rank by size is among all of them.
  void draw_all_variants(const std::vector<TaskData>& on_data) {
    for (std::size_t w = 0; w < tasks_.counts.wanted; ++w) {
      const Task& like = tasks_.all[w];
      std::vector<VariantWish> wishes;
      for (std::size_t i = 0; w == 0 && i < on_data.size(); ++i) {
        const auto classes = like.classes > 0 ? class_count(*on_data[i].training) : std::nullopt;
        wishes.push_back({classes == like.classes ? std::nullopt : classes});
      }
      wishes.resize(wishes.size() + generated_like(w));
      variants_.push_back(draw_variants(like.network.model,
                                        {like.network.output, like.network.eval_output}, wishes,
                                        seed_, like.shape.fingerprint));
    }
  }

  std::shared_ptr<const Model> filled(const Model& variant, std::size_t like,
                                      const std::string& name) const {
    return std::make_shared<const Model>(
        initialised(variant, model_of(like), seed_, "initial/" + name));
  }

  // "@DATA": a variant of the first task's model on data of its own.
  Task variant_on(TaskSettings settings, TaskData data, std::size_t number) {
    const auto& variant = variants_[0][number];
    if (!variant)
      throw Error(ErrorCode::kInvalid, settings.data,
                  fmt::format("has {} classes, which a variant of the first task's model can't be "
                              "given; name a model for it: MODEL.pt2@{}",
                              class_count(*data.training).value_or(0), settings.data));
    settings.train.output = options_.recipe.tasks[0].train.output;
    const std::string name = "on/" + data_fingerprint(*data.training);
    return make_task(settings, filled(*variant, 0, name), std::move(data), job());
  }

  void decide_rows() {
    for (const Task& task : tasks_.all)
      tasks_.held_out_rows = std::max(tasks_.held_out_rows, task.shape.held_out_rows);
    for (const Task& task : tasks_.all)
      if (tasks_.held_out_rows > 0 && task.shape.held_out_rows == 0 && task.shape.rows < 2)
        throw Error(ErrorCode::kInvalid, task.data->where,
                    "has too few rows to set one aside for validation");
    for (std::size_t i = 0; i < tasks_.counts.wanted; ++i) {
      const TaskShape& shape = tasks_.all[i].shape;
      tasks_.rows = std::max(tasks_.rows, shape.rows - rows_set_aside(shape, tasks_.held_out_rows));
    }
    if (options_.like) {
      tasks_.rows = options_.like->rows;
      check_held_out_like(*options_.like, tasks_.held_out_rows);
    }
    tasks_.rows = options_.rows.value_or(tasks_.rows);
    if (tasks_.rows < 2)
      throw Error(
          ErrorCode::kInvalid, "--rows",
          "a job needs at least two rows, and this one would have " + std::to_string(tasks_.rows));
  }

  void add_generated() {
    for (const TaskSettings& settings : models_) collect([&] { add_model_guest(settings); });
    findings_.raise();
    for (std::size_t w = 0; w < tasks_.counts.wanted; ++w) {
      const Task& like = tasks_.all[w];
      const std::size_t count = generated_like(w), first = variants_[w].size() - count;
      // The same task gives the same decoys, whatever its place in the list.
      for (std::size_t i = 0; i < count; ++i) {
        const std::string name = fmt::format("{}/{}/{}", like.shape.fingerprint, options_.noise, i);
        generate(like, name, filled(*variants_[w][first + i], w, name));
      }
    }
  }

  void generate(const Task& like, const std::string& name, std::shared_ptr<const Model> model) {
    generated_.push_back(generated_task(
        like, {name, std::move(model), options_.noise, tasks_.rows, tasks_.held_out_rows}, seed_));
  }

  // "MODEL@": a model of its own on generated data, which imitates the first task's.
  void add_model_guest(const TaskSettings& settings) {
    const auto model = load_model(settings);
    TaskData data{data_like(*tasks_.all[0].data, *model, settings.train.output, options_.images),
                  nullptr};
    const Task guest = make_task(settings, model, std::move(data), job());
    generate(guest, model_fingerprint(*model) + "/" + options_.noise, model);
    generated_.back().label = guest.label + "(generated data)";
  }

  const ObfuscateOptions& options_;
  const Secret& seed_;
  DatasetOptions reading_;
  Findings findings_;
  Tasks tasks_;
  std::vector<Task> generated_;
  std::vector<TaskSettings> models_;
  std::vector<std::vector<std::shared_ptr<const Model>>> variants_;  // by wanted task
};

}  // namespace

Tasks assemble_tasks(const ObfuscateOptions& options, const Secret& seed) {
  return Assembly(options, seed).run();
}

}  // namespace amalgam
