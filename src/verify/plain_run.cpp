#include "verify/plain_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "formats/npy.h"
#include "formats/recipe_json.h"
#include "task/field_names.h"
#include "verify/process.h"
#include "weave/groups.h"
#include "weave/network.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

void write_array(const fs::path& path, const Tensor& tensor, const Shape& shape) {
  OutputFile out(path);
  out.write(npy_header(tensor.dtype, shape));
  out.write(tensor.source->view());
  out.close();
}

Shape with_rows(std::uint64_t rows, const Shape& sample) {
  Shape shape = {rows};
  shape.insert(shape.end(), sample.begin(), sample.end());
  return shape;
}

// Names of parameters without weight decay, frozen ones and those of groups, and names that are one
// tensor.
void add_names(const Model& model, const TrainSettings& train, Json& json) {
  json["no_decay"] = Json::array();
  for (std::size_t i : spared_from_decay(model, train))
    json["no_decay"].push_back(model.tensors[i].own_name);
  json["frozen"] = Json::array();
  std::vector<std::string> names;
  for (const ModelTensor& tensor : model.tensors) {
    names.push_back(tensor.own_name);
    if (is_frozen(tensor, train)) json["frozen"].push_back(tensor.own_name);
  }
  json["groups"] = groups_json(model, train, names);
  json["tied"] = Json::array();
  for (const ModelTensor& tensor : model.tensors)
    if (tensor.kind == ModelTensor::Kind::kParameter && tensor.user_names.size() > 1)
      json["tied"].push_back(tensor.user_names);
}

// Which inputs take tokens, and which parameters have a row for each.
Json numbered_json(const Task& task) {
  Json json = {{"inputs", Json::array()}, {"parameters", Json::array()}};
  for (const std::size_t feature : task.tokens) json["inputs"].push_back(feature);
  for (const std::size_t tensor : task.vocabulary.tensors)
    json["parameters"].push_back(task.network.model->tensors[tensor].own_name);
  return json;
}

// The field's where there is one behind it; else what a transform makes is called so.
std::string name_of_input(const Task& task, const ModelInput& input) {
  const auto& inputs = task.network.model->train().inputs;
  const auto place = static_cast<std::size_t>(&input - inputs.data());
  const auto& field = task.network.field_of_input[place];
  return field ? in_small_letters(task.data->fields[*field].name) : input.name;
}

Json recipe_json(const Task& task, const JobSettings& job) {
  const Program& program = task.network.model->train();
  Json json = train_settings_json(task.network.train);
  json["epochs"] = job.epochs;
  json["batch_size"] = job.batch_size;
  json["precision"] = job.precision;
  json["seed"] = job.seed;
  json["input"] = input_settings_json(task.network.input);
  json["dtypes"] = Json::array();
  for (const ModelInput& input : program.inputs)
    json["dtypes"].push_back(dtype_name(program.values[input.value].dtype));
  json["fields"] = Json::array();
  for (const Field& field : task.data->fields)  // as torch.export writes names of inputs
    json["fields"].push_back(in_small_letters(field.name));
  json["shapes"] = task.network.sample_shapes();
  json["features"] = Json::array();
  for (const Field& field : task.data->features())
    json["features"].push_back(in_small_letters(field.name));
  json["inputs"] = Json::array();
  for (const ModelInput& input : program.inputs)
    json["inputs"].push_back(name_of_input(task, input));
  json["class_dimension"] = task.network.classes_last ? "last" : "first";
  if (task.network.mask_field) json["mask"] = *task.network.mask_field;
  const std::string& name = program.output_names[program.result];
  if (program.graph.outputs.size() > 1)
    json["output"] = name.empty() ? std::to_string(program.result) : name;
  else if (!name.empty())
    json["output"] = name;
  json["numbered"] = numbered_json(task);
  add_names(*task.network.model, task.network.train, json);
  return json;
}

}  // namespace

void write_rows(const fs::path& path, const std::vector<std::uint64_t>& rows) {
  OutputFile out(path);
  out.write(npy_header(DType::kInt64, {rows.size()}));
  out.write(std::as_bytes(std::span(rows)));
  out.close();
}

void run_plain(const PlainRun& run, const VerifyOptions& options, const fs::path& script,
               const fs::path& folder) {
  const Task& task = run.task;
  fs::create_directories(folder);
  auto at = [&](const std::string& name) { return (folder / name).string(); };
  std::vector<std::string> command = {options.python, script.string(), "--model",
                                      fs::absolute(run.settings.model).string()};
  for (const auto& [option, path] : {std::pair{"--loss", &run.settings.train.loss_program},
                                     {"--transform", &run.settings.input.transform},
                                     {"--eval-transform", &run.settings.input.eval_transform}})
    if (!path->empty()) command.insert(command.end(), {option, fs::absolute(*path).string()});
  const std::size_t features = task.data->feature_count();
  for (std::size_t f = 0; f < task.data->fields.size(); ++f) {
    const Field& field = task.data->fields[f];
    const bool feature = field.role == Role::kFeature;
    std::string name = fmt::format("x{}.npy", f);
    if (!feature) name = f == features ? "y.npy" : fmt::format("y{}.npy", f - features);
    write_array(folder / name, field.tensor,
                with_rows(field.rows(), task.network.sample_shapes()[f]));
    command.insert(command.end(), {feature ? "--x" : "--y", at(name)});
  }
  write_rows(folder / "rows.npy", run.stream.rows);
  if (run.numbered) {
    const auto& numbers = run.stream.numbers;
    write_rows(folder / "numbers.npy", {numbers.begin(), numbers.end()});
    command.insert(command.end(), {"--numbers", at("numbers.npy")});
  }
  write_safetensors(folder / "start.safetensors", run.start);
  write_file(folder / "recipe.json", recipe_json(task, options.recipe.job).dump(2));
  command.insert(command.end(), {"--initial", at("start.safetensors"), "--rows", at("rows.npy"),
                                 "--recipe", at("recipe.json"), "--out", at("weights.safetensors"),
                                 "--max-steps", std::to_string(options.steps)});
  const ProcessResult result = run_process(command, folder / "log.txt");
  if (result.status != 0)
    throw Error(ErrorCode::kIo, task.label,
                "plain PyTorch could not train the model: " + result.last_line);
}

}  // namespace amalgam
