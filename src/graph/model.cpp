#include "amalgam/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "amalgam/error.h"
#include "formats/pt2.h"
#include "graph/operations/table.h"
#include "graph/read_program.h"
#include "graph/switched_off.h"
#include "graph/values.h"

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

// What the table of stored tensors says of a placeholder, checked against what the graph says.
const Pt2Tensor& find_stored(const Pt2Archive& archive, const TensorSpec& spec,
                             const Value& value) {
  const bool in_weights = spec.source != TensorSpec::Source::kConstant && spec.persistent;
  const auto& table = in_weights ? archive.weights : archive.constants;
  const auto found = table.find(spec.name);
  const std::string where = archive.where + ": tensor '" + spec.name + "'";
  if (found == table.end()) damaged(where, "is used by the graph, but not stored");
  const Tensor& tensor = found->second.tensor;
  bool matches = tensor.dtype == value.dtype && tensor.shape.size() == value.shape.size();
  for (std::size_t d = 0; matches && d < tensor.shape.size(); ++d)
    matches = !value.shape[d].symbolic && value.shape[d].size == tensor.shape[d];
  if (!matches)
    damaged(where, fmt::format("is stored as {} {}, which is not what the graph expects",
                               dtype_name(tensor.dtype), to_string(tensor.shape)));
  return found->second;
}

ModelTensor::Kind kind_of(TensorSpec::Source source) {
  switch (source) {
    case TensorSpec::Source::kParameter:
      return ModelTensor::Kind::kParameter;
    case TensorSpec::Source::kBuffer:
      return ModelTensor::Kind::kBuffer;
    case TensorSpec::Source::kConstant:
      return ModelTensor::Kind::kConstant;
  }
  return ModelTensor::Kind::kConstant;
}

// The dimensions from the slowest to the fastest in memory; empty in the usual order, and where the
// elements do not lie densely.
std::vector<std::size_t> memory_order(const Shape& shape, const Shape& strides) {
  std::vector<std::size_t> order(shape.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return strides[a] > strides[b]; });
  std::uint64_t dense = 1;
  for (std::size_t i = order.size(); i-- > 0;) {
    if (shape[order[i]] != 1 && strides[order[i]] != dense) return {};
    dense *= shape[order[i]];
  }
  return std::is_sorted(order.begin(), order.end()) ? std::vector<std::size_t>() : order;
}

// The tensors of a model under construction, found again by name and by identity.
class TensorTable {
 public:
  // Of the tensors that a program of this role brings.
  TensorTable(Model& model, ProgramRole role) : model_(model), role_(role) {}

  std::size_t add(const TensorSpec& spec, const Pt2Tensor& stored) {
    const bool owned = spec.source != TensorSpec::Source::kConstant && spec.persistent;
    const std::string identity =
        fmt::format("{}/{}/{}", owned, static_cast<int>(spec.source), stored.identity);
    const auto [place, fresh] = by_identity_.emplace(identity, model_.tensors.size());
    if (fresh) {
      ModelTensor tensor;
      tensor.kind = kind_of(spec.source);
      tensor.of = role_;
      tensor.own_name = prefix() + spec.name;
      tensor.tensor = stored.tensor;
      tensor.order = memory_order(stored.tensor.shape, stored.strides);
      tensor.trainable = spec.source == TensorSpec::Source::kParameter && stored.requires_grad;
      model_.tensors.push_back(std::move(tensor));
    }
    if (owned && returns()) model_.tensors[place->second].user_names.push_back(spec.name);
    by_name_[spec.name] = place->second;
    return place->second;
  }

  std::optional<std::size_t> find(const std::string& name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    return found->second;
  }

 private:
  // Beside the model's names.
  std::string prefix() const {
    if (role_ == ProgramRole::kLoss) return "loss.";
    if (role_ == ProgramRole::kMetric) return "metric.";
    return role_ == ProgramRole::kTrain ? "" : "transform.";
  }

  // Whether its tensors go back to their owner.
  bool returns() const { return role_ == ProgramRole::kTrain || role_ == ProgramRole::kLoss; }

  Model& model_;
  ProgramRole role_;
  std::map<std::string, std::size_t> by_identity_, by_name_;
};

void bind_updates(ParsedProgram& parsed, const TensorTable& table, const std::string& where) {
  for (const auto& [name, value] : parsed.updates) {
    const auto tensor = table.find(name);
    if (!tensor) damaged(where, "updates the buffer '" + name + "', which it does not have");
    parsed.program.updates.push_back({*tensor, value});
  }
}

// What state_dict() has and the signature does not name still has to come back.
void add_unnamed(const Pt2Archive& archive, TensorTable& table) {
  for (const auto& [name, stored] : archive.weights)
    if (!table.find(name)) table.add({TensorSpec::Source::kBuffer, true, name, 0}, stored);
}

// Binds a program's placeholders to tensors. The training program brings the model's, and an
// attached one those of its own; that of evaluation runs on the model's, and only the constants are
// its own.
class Binder {
 public:
  Binder(Model& model, ProgramRole role, const Pt2Archive& archive, TensorTable& table)
      : model_(model),
        brings_(role != ProgramRole::kEval),
        archive_(archive),
        table_(table),
        parsed_(read_program(archive.program, archive.where)) {
    parsed_.program.role = role;
    parsed_.program.where = archive.where;
  }

  Program bind() {
    Program& program = parsed_.program;
    program.tensor_of_value.resize(program.values.size());
    for (const TensorSpec& spec : parsed_.tensors) {
      const Pt2Tensor& stored = find_stored(archive_, spec, program.values[spec.value]);
      program.tensor_of_value[spec.value] =
          brings_ ? table_.add(spec, stored) : find_shared(spec, stored);
    }
    findings_.raise();
    const ProgramRole role = parsed_.program.role;
    if (role == ProgramRole::kTrain || role == ProgramRole::kLoss) add_unnamed(archive_, table_);
    if (role == ProgramRole::kEval) check_inputs();
    bind_updates(parsed_, table_, archive_.where);
    return std::move(program);
  }

 private:
  std::optional<std::size_t> find_shared(TensorSpec spec, const Pt2Tensor& stored) {
    if (spec.source == TensorSpec::Source::kConstant) {
      Pt2Tensor own = stored;
      own.identity += " of eval";
      spec.name += " of eval";
      return table_.add(spec, own);
    }
    const auto place = table_.find(spec.name);
    if (!place)
      findings_.add(ErrorCode::kInvalid, archive_.where,
                    "has the tensor '" + spec.name + "', which " + model_.where + " has not");
    else if (model_.tensors[*place].tensor.shape != stored.tensor.shape ||
             model_.tensors[*place].tensor.dtype != stored.tensor.dtype)
      findings_.add(
          ErrorCode::kInvalid, archive_.where,
          "has the tensor '" + spec.name + "' with another shape or dtype than " + model_.where);
    return place;
  }

  void check_inputs() const {
    const auto shapes = [](const Program& program) {
      std::vector<std::pair<std::string, std::string>> out;
      for (const ModelInput& input : program.inputs)
        out.emplace_back(input.name, to_string(sample_shape(program.values[input.value], "")));
      return out;
    };
    if (shapes(parsed_.program) != shapes(model_.train()))
      throw Error(ErrorCode::kInvalid, archive_.where, "takes other inputs than " + model_.where);
  }

  Model& model_;
  bool brings_;
  const Pt2Archive& archive_;
  TensorTable& table_;
  ParsedProgram parsed_;
  Findings findings_;
};

void refuse_copied_statistics(const Model& model) {
  if (copies_statistics(model.train()))
    throw Error(ErrorCode::kUnsupported, model.where,
                "copies a batch norm's running statistics between forward and backward, as "
                "run_decompositions() leaves it; save the program as torch.export.export gave it, "
                "before run_decompositions()");
}

void mark_used(const Program& program, std::vector<bool>& used) {
  auto mark = [&](ValueId id) {
    if (const auto tensor = program.tensor_of_value[id]) used[*tensor] = true;
  };
  for (const Node& node : program.graph.nodes) for_each_read(node, mark);
  for (const auto& output : program.graph.outputs)
    if (output) mark(*output);
}

// A parameter that no graph of training uses gets no gradient; DDP must not wait for one.
void freeze_unused(Model& model) {
  std::vector<bool> used(model.tensors.size());
  mark_used(model.train(), used);
  for (const Program& program : model.attached) mark_used(program, used);
  for (std::size_t i = 0; i < used.size(); ++i) {
    ModelTensor& tensor = model.tensors[i];
    tensor.unused = tensor.trainable && !used[i];
    tensor.trainable = tensor.trainable && used[i];
  }
}

// What the program writes to, itself or by a new value.
std::optional<std::size_t> changed_buffer(const Program& program) {
  if (!program.updates.empty()) return program.updates.front().tensor;
  for (const Node& node : program.graph.nodes) {
    if (!is_in_place(node.op) || node.arguments.empty()) continue;
    const ValueRef* written = node.arguments.front().argument.get<ValueRef>();
    if (written && program.tensor_of_value[written->id])
      return program.tensor_of_value[written->id];
  }
  return std::nullopt;
}

// A loss may have parameters, which are trained with the model's; what comes before the model is
// not trained, and what evaluation does changes nothing.
void attach(Model& model, ProgramRole role, const std::filesystem::path& path) {
  TensorTable table(model, role);
  Program program = Binder(model, role, read_pt2(path), table).bind();
  if (role == ProgramRole::kMetric)
    for (ModelTensor& tensor : model.tensors)
      if (tensor.of == role) tensor.trainable = false;
  for (const ModelTensor& tensor : model.tensors)
    if (tensor.of == role && role != ProgramRole::kLoss && tensor.trainable)
      throw Error(ErrorCode::kUnsupported, path.string(),
                  "has the trainable parameter '" + tensor.own_name +
                      "', but a transform is not trained: make it part of the model, or call "
                      "requires_grad_(False) before torch.export.export");
  const bool evaluates = role == ProgramRole::kEvalTransform || role == ProgramRole::kMetric;
  if (evaluates && !program.updates.empty())
    throw Error(ErrorCode::kUnsupported, path.string(),
                "changes the buffer '" + model.tensors[program.updates.front().tensor].own_name +
                    "', but evaluation changes nothing");
  model.attached.push_back(std::move(program));
  if (role != ProgramRole::kLoss) return;
  if (const auto kept = changed_buffer(model.attached.back()))
    throw Error(
        ErrorCode::kUnsupported, path.string(),
        "changes its buffer '" + model.tensors[*kept].own_name.substr(5) +
            "', which evaluation would change, too; keep state in the model, or learn it as "
            "a parameter of the loss");
  for (const ModelTensor& tensor : model.tensors) {
    if (tensor.of_model() && tensor.own_name.starts_with("loss.") && has_parameters(model, role))
      throw Error(ErrorCode::kInvalid, path.string(),
                  "has parameters, which are called loss.NAME, and the model has '" +
                      tensor.own_name + "'; call that part of the model otherwise");
  }
}

}  // namespace

Model read_model(const ModelFiles& files) {
  Model model;
  model.where = files.train.string();
  TensorTable table(model, ProgramRole::kTrain);
  model.train() = Binder(model, ProgramRole::kTrain, read_pt2(files.train), table).bind();
  refuse_copied_statistics(model);
  if (files.eval)
    model.programs.push_back(
        Binder(model, ProgramRole::kEval, read_pt2(*files.eval), table).bind());
  for (const auto& [role, path] : {std::pair{ProgramRole::kLoss, &files.loss},
                                   {ProgramRole::kTransform, &files.transform},
                                   {ProgramRole::kEvalTransform, &files.eval_transform},
                                   {ProgramRole::kMetric, &files.metric}})
    if (*path) attach(model, role, **path);
  freeze_unused(model);
  return model;
}

bool has_parameters(const Model& model, ProgramRole role) {
  return std::any_of(model.tensors.begin(), model.tensors.end(), [role](const ModelTensor& one) {
    return one.of == role && one.kind == ModelTensor::Kind::kParameter;
  });
}

std::vector<const Program*> Model::all_programs() const {
  std::vector<const Program*> all;
  for (const auto* some : {&programs, &attached})
    for (const Program& program : *some) all.push_back(&program);
  return all;
}

const Program* Model::find(ProgramRole role) const {
  for (const Program* program : all_programs())
    if (program->role == role) return program;
  return nullptr;
}

std::vector<ValueId> Program::result_values() const {
  std::vector<ValueId> all = {result_value()};
  for (const std::size_t more : more_results) all.push_back(*graph.outputs[more]);
  return all;
}

std::size_t find_output(const Program& program, const std::string& name, const std::string& where) {
  std::vector<std::size_t> tensors;
  const auto& outputs = program.graph.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i]) tensors.push_back(i);
  if (tensors.empty()) throw Error(ErrorCode::kInvalid, where, "returns no tensor");
  if (name.empty() && tensors.size() == 1) return tensors.front();
  const std::string wanted = name.empty() ? "logits" : name;
  std::string known;
  for (std::size_t i : tensors) {
    const std::string shown =
        program.output_names[i].empty() ? std::to_string(i) : program.output_names[i];
    if (shown == wanted || std::to_string(i) == wanted) return i;
    known += (known.empty() ? "'" : ", '") + shown + "'";
  }
  throw Error(
      ErrorCode::kInvalid, where,
      fmt::format("has no output '{}'; set train.output in the recipe to one of {}, or give "
                  "a loss of one's own that takes several (loss = \"FILE.pt2\")",
                  wanted, known));
}

Shape sample_shape(const Value& value, const std::string& where) {
  if (value.shape.empty() || !value.shape.front().symbolic)
    throw Error(ErrorCode::kInvalid, where,
                "its first dimension is not the batch; a model is exported with an example [N, "
                "...] of several samples, and gives one row for each");
  Shape shape;
  for (std::size_t d = 1; d < value.shape.size(); ++d) shape.push_back(value.shape[d].size);
  return shape;
}

}  // namespace amalgam
