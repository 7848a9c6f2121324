#include "task/task.h"

#include <fmt/format.h>

#include "amalgam/model.h"
#include "base/hash.h"
#include "noise/generator.h"
#include "task/check.h"

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

void hash_dataset(Blake2b& hash, const Dataset& data) {
  for (const Field& field : data.features) hash_sampled(hash, field.tensor);
  if (data.targets) hash_sampled(hash, data.targets->tensor);
}

ColumnShape column_of(const Field& field) { return {field.tensor.dtype, field.width()}; }

TaskShape shape_of(const Task& task) {
  TaskShape shape;
  shape.fingerprint = task_fingerprint(*task.network.model, *task.data);
  for (const Field& field : task.data->features) shape.features.push_back(column_of(field));
  if (task.data->targets) shape.targets = column_of(*task.data->targets);
  shape.rows = task.data->rows();
  shape.held_out_rows = task.validation ? task.validation->rows() : 0;
  return shape;
}

void check_batch(const Model& model, const JobSettings& job, Findings& findings) {
  for (const Program* program : {&model.train, model.eval ? &*model.eval : nullptr})
    if (program && (job.batch_size > program->most_batch || program->least_batch > 2))
      findings.add(
          ErrorCode::kInvalid, model.where,
          fmt::format(
              "was exported for batches of {} to {} rows, but the recipe has batches of 2 to {}",
              program->least_batch, program->most_batch, job.batch_size));
}

// The validation data's fields in the order of the training data's.
Dataset ordered_like(const Dataset& data, Dataset validation) {
  if (data.features.size() < 2) return validation;
  std::vector<Field> fields;
  for (const Field& field : data.features)
    for (Field& candidate : validation.features)
      if (candidate.name == field.name) fields.push_back(std::move(candidate));
  validation.features = std::move(fields);
  return validation;
}

}  // namespace

std::string task_fingerprint(const Model& model, const Dataset& data) {
  Blake2b hash;
  for (const Program* program : {&model.train, model.eval ? &*model.eval : nullptr}) {
    if (!program) continue;
    for (const Node& node : program->graph.nodes) hash.update_field(node.name());
  }
  for (const ModelTensor& tensor : model.tensors) hash_sampled(hash, tensor.tensor);
  hash_dataset(hash, data);
  return to_hex(Bytes(hash.finish()).first(16));
}

Task load_task(const TaskSettings& settings, const JobSettings& job) {
  Task task;
  task.label = settings.name.empty() ? settings.model + "@" + settings.data : settings.name;
  for (const auto& [what, path] : {std::pair{"model", &settings.model}, {"data", &settings.data}})
    if (path->empty())
      throw Error(ErrorCode::kInvalid, "task '" + task.label + "'", fmt::format("has no {}", what));
  std::optional<std::filesystem::path> eval;
  if (!settings.eval_model.empty()) eval = settings.eval_model;
  auto model = std::make_shared<const Model>(read_model(settings.model, eval));
  task.network.model = model;
  task.network.train = settings.train;
  task.network.input = settings.input;
  task.network.output = find_output(model->train, settings.train.output, model->where);
  if (model->eval)
    task.network.eval_output =
        find_output(*model->eval, settings.train.output, settings.eval_model);
  task.data = std::make_shared<const Dataset>(open_dataset(settings.data));
  if (!settings.validation.empty())
    task.validation = std::make_shared<const Dataset>(open_dataset(settings.validation));

  Findings findings;
  check_batch(*model, job, findings);
  match_inputs(*task.data, task.network, findings);
  task.classes = match_targets(*task.data, task.network, findings);
  findings.raise();
  check_labels(*task.data, task.classes, findings);
  check_input_settings(task.data->where, task.network, findings);
  if (task.validation) {
    check_validation(*task.data, *task.validation, findings);
    check_labels(*task.validation, task.classes, findings);
  }
  findings.raise();
  task.shape = shape_of(task);
  task.rows.training = dataset_rows(*task.data);
  if (task.validation)
    task.rows.held_out = dataset_rows(ordered_like(*task.data, *task.validation));
  return task;
}

Task generated_task(const Task& like, const std::string& noise, const Secret& seed,
                    const std::string& name, std::uint64_t rows, std::uint64_t held_out_rows) {
  Task task = like;
  task.label = "generated decoy of " + like.label;
  task.network.model =
      std::make_shared<const Model>(reinitialised(*like.network.model, seed, "initial/" + name));
  task.shape.fingerprint = to_hex(Bytes(Blake2b().update_field(name).finish()).first(16));
  task.shape.rows = rows;
  task.shape.held_out_rows = held_out_rows;
  task.validation = nullptr;
  task.rows.training =
      generated_rows(like.data, make_generator(noise, like.data), seed, "noise/" + name, rows);
  if (held_out_rows > 0)
    task.rows.held_out = generated_rows(like.data, make_generator(noise, like.data), seed,
                                        "noise-held-out/" + name, held_out_rows);
  return task;
}

}  // namespace amalgam
