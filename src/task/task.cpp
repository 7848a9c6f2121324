#include "task/task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "amalgam/model.h"
#include "base/hash.h"
#include "formats/fit_images.h"
#include "formats/losses.h"
#include "formats/recipe_json.h"
#include "graph/export_notes.h"
#include "noise/generator.h"
#include "task/check.h"
#include "task/field_names.h"
#include "task/flow.h"
#include "task/groups.h"
#include "task/no_targets.h"
#include "task/targets.h"
#include "task/text_input.h"

namespace amalgam {
namespace {

// The beginning of each of up to 64 evenly spaced pages.
void hash_sampled(Blake2b& hash, const Tensor& tensor) {
  static constexpr std::uint64_t kPage = 4096, kPages = 64;
  const std::uint64_t bytes = tensor.bytes();
  hash.update_field(dtype_name(tensor.dtype)).update_field(to_string(tensor.shape));
  const std::uint64_t item = dtype_size(tensor.dtype);
  const std::uint64_t step = std::max(kPage, bytes / kPages / kPage * kPage);
  std::vector<std::byte> page;
  for (std::uint64_t at = 0; at < bytes; at += step) {
    page.resize(std::min(kPage, bytes - at) / item * item);
    tensor.source->read(at, page);
    hash.update(page);
  }
}

std::string short_hex(Blake2b& hash) { return to_hex(Bytes(hash.finish()).first(16)); }

void hash_dataset(Blake2b& hash, const Dataset& data) {
  for (const Field& field : data.fields) hash_sampled(hash, field.tensor);
}

TaskShape shape_of(const Task& task) {
  TaskShape shape;
  shape.fingerprint = task.content;
  shape.row_order = row_order(*task.data, task.validation.get());
  for (const Field& field : task.data->fields)
    shape.fields.push_back({field.role, field.tensor.dtype, field.width()});
  shape.rows = task.data->rows();
  shape.held_out_rows = task.validation ? task.validation->rows() : 0;
  return shape;
}

void check_batch(const Model& model, const JobSettings& job, Findings& findings) {
  for (const Program* program : model.all_programs())
    if (job.batch_size > program->most_batch || program->least_batch > 2)
      findings.add(
          ErrorCode::kInvalid, program->where,
          fmt::format(
              "was exported for batches of {} to {} rows, but the recipe has batches of 2 to {}",
              program->least_batch, program->most_batch, job.batch_size));
}

// [C, H, W] of the first input that takes images; empty where none does.
Shape image_shape(const Model& model) {
  for (const ModelInput& input : model.train().inputs) {
    Shape shape;  // behind the batch
    const auto& dims = model.train().values[input.value].shape;
    for (std::size_t d = 1; d < dims.size(); ++d) shape.push_back(dims[d].size);
    if (shape.size() == 2) shape.insert(shape.begin(), 1);
    if (shape.size() == 3 && (shape[0] == 1 || shape[0] == 3)) return shape;
  }
  return {};
}

// Height and width of its images, where the model fixes them.
std::optional<ImageSize> taken_size(const Model& model) {
  if (image_shape(model).empty()) return std::nullopt;
  for (const ModelInput& input : model.train().inputs) {
    const auto& dims = model.train().values[input.value].shape;
    if (dims.size() < 3 || dims.size() > 4) continue;
    const Dim &height = dims[dims.size() - 2], &width = dims.back();
    if (height.symbolic || width.symbolic) return std::nullopt;
    return ImageSize{height.size, width.size};
  }
  return std::nullopt;
}

// Images of another shape become images of this one.
void fit_to(const Shape& shape, Dataset& data, const ImageLibrary* images) {
  Field& field = data.fields.front();
  if (shape.empty() || !images || field.width() == element_count(shape)) return;
  auto fitted = fitted_images(field, shape, *images);
  if (!fitted) return;
  data.notes.push_back(fmt::format(
      "The images of {} were brought from {} to {}, which leaves traces of scaling that "
      "other data may not have.",
      data.where, to_string(field.sample_shape()), to_string(shape)));
  field = std::move(*fitted);
  data.preparation.scaled = true;
}

// The same class numbers, modulo `classes`.
std::shared_ptr<const TensorSource> labels_below(std::uint64_t classes, const Field& field) {
  const Bytes labels = field.tensor.source->view();
  std::vector<std::byte> bytes(labels.size());
  for (std::size_t at = 0; at < labels.size(); at += 8) {
    const auto label = load_le<std::int64_t>(labels, at);
    store_le(bytes, at, label < 0 ? label : label % static_cast<std::int64_t>(classes));
  }
  return memory_source(std::move(bytes));
}

// What other tasks compare with, and no program of this one takes.
void drop_others_targets(const std::vector<std::string>& names, const Model& model, Dataset& data) {
  std::set<std::string> taken;
  for (const Program* program : model.all_programs())
    for (const ModelInput& input : program->inputs) taken.insert(input.name);
  std::erase_if(data.fields, [&](const Field& field) {
    return field.role == Role::kFeature && !taken.contains(in_small_letters(field.name)) &&
           std::find(names.begin(), names.end(), field.name) != names.end();
  });
}

std::string label_of(const TaskSettings& settings) {
  if (!settings.name.empty()) return settings.name;
  if (!settings.label.empty()) return settings.label;
  const std::string question = settings.others_targets.empty()
                                   ? ""
                                   : fmt::format(" ({})", fmt::join(settings.targets, ", "));
  return settings.model + "@" + settings.data + question;
}

// Of the training graph alone: verify is not given the other.
void hash_model(Blake2b& hash, const Model& model) {
  for (const Node& node : model.train().graph.nodes) hash.update_field(node.name());
  for (const ModelTensor& tensor : model.tensors) hash_sampled(hash, tensor.tensor);
}

// What is no part of the content: how it trains, and what it is held against.
std::string rest_fingerprint(const Task& task) {
  Blake2b hash;
  hash.update_field(settings_text(task.network.train));
  hash.update_field(std::to_string(task.network.model->train().result));
  hash.update_field(settings_text(task.network.input));
  if (const Program* eval = task.network.model->find(ProgramRole::kEval))
    for (const Node& node : eval->graph.nodes) hash.update_field(node.name());
  for (const Program& program : task.network.model->attached)
    for (const Node& node : program.graph.nodes) hash.update_field(node.name());
  if (task.validation) hash_dataset(hash, *task.validation);
  return short_hex(hash);
}

}  // namespace

std::string task_fingerprint(const Model& model, const Dataset& data) {
  Blake2b hash;
  hash_model(hash, model);
  hash_dataset(hash, data);
  return short_hex(hash);
}

std::string model_fingerprint(const Model& model) {
  Blake2b hash;
  hash_model(hash, model);
  return short_hex(hash);
}

std::string data_fingerprint(const Dataset& data) {
  Blake2b hash;
  hash_dataset(hash, data);
  return short_hex(hash);
}

std::string row_order(const Dataset& data, const Dataset* held_out) {
  std::pair<std::uint64_t, std::string> largest;
  for (const Field& field : data.features()) {
    Blake2b hash;
    hash_sampled(hash, field.tensor);
    for (const Field& same : held_out ? held_out->features() : std::span<const Field>())
      if (same.name == field.name) hash_sampled(hash, same.tensor);
    largest = std::max(largest, {field.row_bytes(), short_hex(hash)});
  }
  return largest.second;
}

namespace {

// The recipe's, or of a model that gives its loss the one of that name, where there is one.
std::string output_of_loss(const TrainSettings& train, const Program& program) {
  const auto& names = program.output_names;
  const bool own = loss_row(train.loss).targets == TargetKind::kModels;
  const bool named = std::find(names.begin(), names.end(), "loss") != names.end();
  return train.output.empty() && own && named ? "loss" : train.output;
}

}  // namespace

std::shared_ptr<const Model> load_model(const TaskSettings& settings) {
  ModelFiles files{settings.model};
  for (const auto& [path, to] : {std::pair{&settings.eval_model, &files.eval},
                                 {&settings.train.loss_program, &files.loss},
                                 {&settings.input.transform, &files.transform},
                                 {&settings.input.eval_transform, &files.eval_transform},
                                 {&settings.train.metric_program, &files.metric}})
    if (!path->empty()) *to = *path;
  Model model = read_model(files);
  if (!files.loss)  // which says itself what it takes
    for (Program& program : model.programs)
      program.result = find_output(program, output_of_loss(settings.train, program), program.where);
  return with_frozen(std::make_shared<const Model>(std::move(model)), settings.train);
}

TaskData load_data(const TaskSettings& settings, const Model& model, const DatasetOptions& reading,
                   bool fit) {
  DatasetOptions options = reading;
  const Shape input = image_shape(model);
  options.channels = input.size() == 3 && input[0] == 1 ? 1 : 3;
  options.size = settings.input.size;
  options.text = text_reading(settings, model, reading.text.library);
  options.targets = settings.targets;
  options.others_targets = settings.others_targets;
  options.tabular = settings.tabular;
  options.any_targets = loss_row(settings.train.loss).targets == TargetKind::kProgram;
  if (fit && !options.size && input.size() == 3) options.size = ImageSize{input[1], input[2]};
  options.taken = taken_size(model);
  auto open = [&](const std::string& path, const std::shared_ptr<const Dataset>& arrays) {
    Dataset data = arrays ? *arrays : open_dataset(path, options);
    if (!data.tabular) drop_others_targets(settings.others_targets, model, data);
    if (fit) fit_to(input, data, options.images);
    return std::make_shared<const Dataset>(std::move(data));
  };
  TaskData data{open(settings.data, settings.arrays), nullptr};
  options.like = data.training.get();
  if (settings.validation_arrays || !settings.validation.empty())
    data.validation = open(settings.validation, settings.validation_arrays);
  return data;
}

Task make_task(const TaskSettings& settings, const std::shared_ptr<const Model>& model,
               const TaskData& data, const JobSettings& job) {
  Task task;
  task.label = label_of(settings);
  task.network.model = model;
  task.network.train = settings.train;
  task.network.input = settings.input;
  const Dataset& given = *data.training;
  Findings findings;
  // Arrays under other names fit nothing; one line says so.
  if (given.targets().empty() && has_target_field(loss_row(settings.train.loss)) &&
      !model->find(ProgramRole::kTransform))
    throw Error(ErrorCode::kInvalid, given.where, no_targets_cure(given, *model));
  check_batch(*model, job, findings);
  check_optimizer(*model, settings.train, findings);
  task.data = std::make_shared<const Dataset>(match_fields(given, task.network, findings));
  if (findings.empty() || !model->find(ProgramRole::kLoss))
    if (const auto wrong = untrainable(*model, task.network.model->train().result_values()))
      findings.add(ErrorCode::kInvalid, model->where, *wrong);
  task.classes = match_targets(*task.data, task.network, findings);
  findings.raise();
  check_labels(*task.data, task.network, task.classes, findings);
  check_loss_weights(task.network, findings);
  check_metric(task.network, task.classes, data.validation != nullptr, findings);
  check_tokens(*task.data, task.network, findings);
  check_input_settings(*task.data, task.network, findings);
  if (data.validation) {
    task.validation =
        std::make_shared<const Dataset>(match_validation(*task.data, *data.validation, findings));
    findings.raise();
    check_labels(*task.validation, task.network, task.classes, findings);
    check_tokens(*task.validation, task.network, findings);
  }
  findings.raise();
  task.tokens = token_fields(*task.data, task.network);
  task.vocabulary = vocabulary_of(*task.data, task.network, task.tokens);
  task.content = task_fingerprint(*task.network.model, *task.data);
  task.shape = shape_of(task);
  task.shape.rest = rest_fingerprint(task);
  task.rows.training = dataset_rows(*task.data);
  if (task.validation) task.rows.held_out = dataset_rows(*task.validation);
  return task;
}

Task load_task(const TaskSettings& settings, const JobSettings& job, const DatasetOptions& reading,
               bool fit) {
  if (settings.model.empty() || !settings.has_data())
    throw Error(ErrorCode::kInvalid, "task '" + label_of(settings) + "'",
                settings.model.empty() ? "has no model" : "has no data");
  const auto model = load_model(settings);
  return make_task(settings, model, load_data(settings, *model, reading, fit), job);
}

std::shared_ptr<const Dataset> data_like(const Dataset& data, const Model& model,
                                         const ImageLibrary* images) {
  Dataset like = data;
  fit_to(image_shape(model), like, images);
  const Program& program = model.train();
  const auto& logits = program.values[program.result_value()];
  const std::uint64_t classes = logits.shape.empty() ? 0 : logits.shape.back().size;
  for (Field& field : like.fields)
    if (field.role == Role::kTarget && field.tensor.dtype == DType::kInt64 && classes > 0)
      field.tensor.source = labels_below(classes, field);
  return std::make_shared<const Dataset>(std::move(like));
}

Task generated_task(const Task& like, const GeneratedDecoy& decoy, const Secret& seed) {
  Task task = like;
  task.label = "generated decoy of " + like.label;
  task.network.model = decoy.model;
  task.network.starts = decoy.starts;
  task.vocabulary = vocabulary_of(*like.data, task.network, task.tokens);
  task.has_own_data = false;
  Blake2b hash;
  hash.update_field(decoy.name);
  task.content = task.shape.fingerprint = short_hex(hash);
  task.shape.row_order.clear();
  const std::shared_ptr<const Generator> generator =
      make_generator(decoy.noise, like.data, like.tokens);
  auto rows = [&](const char* use, std::uint64_t count, std::shared_ptr<const Dataset> targets) {
    return generated_rows(like.data, generator, seed, use + decoy.name, count, std::move(targets));
  };
  task.rows.training = rows("noise/", like.shape.rows, nullptr);
  if (like.validation)
    task.rows.held_out = rows("noise-held-out/", like.shape.held_out_rows, like.validation);
  task.validation = nullptr;
  return task;
}

}  // namespace amalgam
