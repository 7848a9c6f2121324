#include "task/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "amalgam/model.h"
#include "base/bytes.h"
#include "base/counted.h"
#include "formats/array_names.h"
#include "formats/losses.h"
#include "formats/row_numbers.h"
#include "graph/tokens.h"
#include "task/reshape.h"

namespace amalgam {
namespace {

constexpr std::int64_t kIgnoredLabel = -100;

TargetKind targets_of(const TaskNetwork& network) { return loss_row(network.train.loss).targets; }

// What the model takes, without the batch; symbolic dimensions by the size of the export.
std::pair<std::vector<Dim>, Shape> taken_by(const Value& input) {
  std::vector<Dim> dims(input.shape.begin() + (input.shape.empty() ? 0 : 1), input.shape.end());
  Shape shape;
  for (const Dim& dim : dims) shape.push_back(dim.size);
  return {std::move(dims), std::move(shape)};
}

std::string names_of(const Dataset& data) {
  std::string names;
  for (const Field& field : data.features())
    names += (names.empty() ? "'" : ", '") + field.name + "'";
  return names;
}

std::int64_t load_integer(const Field& field, std::uint64_t element) {
  const Bytes bytes = field.tensor.source->view();
  switch (field.tensor.dtype) {
    case DType::kUInt8:
      return load_le<std::uint8_t>(bytes, element);
    case DType::kInt32:
      return load_le<std::int32_t>(bytes, 4 * element);
    default:
      return load_le<std::int64_t>(bytes, 8 * element);
  }
}

std::string in_small_letters(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// Which feature is meant by a name: the only one by any.
class FeatureNames {
 public:
  explicit FeatureNames(const Dataset& data) : count_(data.feature_count()) {
    for (std::size_t f = 0; f < count_; ++f) exact_.emplace(data.fields[f].name, f);
    // torch.export writes the names of arguments in small letters.
    for (std::size_t f = 0; f < count_; ++f)
      small_.emplace(in_small_letters(data.fields[f].name), f);
  }

  std::optional<std::size_t> find(const std::string& name, bool single) const {
    if (single && count_ == 1) return 0;
    for (const auto* names : {&exact_, &small_})
      if (const auto found = names->find(name); found != names->end()) return found->second;
    return std::nullopt;
  }

 private:
  std::size_t count_;
  std::unordered_map<std::string, std::size_t> exact_, small_;
};

// Those of its features, in this order, and its targets.
Dataset with_features(const Dataset& data, const std::vector<std::size_t>& order) {
  Dataset ordered = data;
  ordered.fields.clear();
  for (const std::size_t f : order) ordered.fields.push_back(data.fields[f]);
  for (const Field& target : data.targets()) ordered.fields.push_back(target);
  return ordered;
}

}  // namespace

Dataset match_inputs(const Dataset& data, TaskNetwork& network, Findings& findings) {
  const Program& program = network.model->train();
  const FeatureNames names(data);
  Findings own;
  std::vector<std::size_t> order;
  std::vector<bool> used(data.feature_count());
  for (const ModelInput& input : program.inputs) {
    const auto found = names.find(input.name, program.inputs.size() == 1);
    if (!found || used[*found]) {
      own.add(ErrorCode::kInvalid, data.where,
              fmt::format("has no field for the model's input '{}'; it has {}", input.name,
                          names_of(data)));
      continue;
    }
    used[*found] = true;
    order.push_back(*found);
    const Field& field = data.fields[*found];
    const auto [dims, example] = taken_by(program.values[input.value]);
    if (const auto shape = reshaped(field.sample_shape(), dims))
      network.sample_shapes.push_back(*shape);
    else
      own.add(ErrorCode::kInvalid, data.where,
              fmt::format("samples of '{}' are {}, but the model's input is {}{}", field.name,
                          to_string(field.sample_shape()), to_string(example),
                          reshape_cure(field.sample_shape(), example, field.name)));
  }
  for (std::size_t f = 0; f < used.size(); ++f)
    if (!used[f])
      own.add(
          ErrorCode::kInvalid, data.where,
          fmt::format("has the field '{}', which the model does not take; leave it out of the data",
                      data.fields[f].name));
  findings.add(own.all());
  return own.empty() ? with_features(data, order) : data;
}

namespace {

constexpr std::string_view kMaskField = "attention_mask";

// The targets are the first input's own tokens: [L] in, [L, C] out.
void match_tokens(const Dataset& data, const Shape& out, TaskNetwork& network, Findings& findings) {
  auto invalid = [&](std::string what) {
    findings.add(ErrorCode::kInvalid, data.where, std::move(what));
  };
  if (!data.targets().empty())
    return invalid("has targets ('y'), but the loss 'next_token' predicts a sample's own tokens");
  const Field& tokens = data.fields.front();
  const Shape shape = tokens.sample_shape();
  const DType dtype = tokens.tensor.dtype;
  if (shape.size() != 1 || shape[0] < 2 || dtype == DType::kFloat32)
    return invalid(fmt::format(
        "samples of '{}' are {} {}, but the loss 'next_token' needs rows of two or more tokens "
        "(integers)",
        tokens.name, dtype_name(dtype), to_string(shape)));
  if (out.size() != 2 || out[0] != shape[0])
    return invalid(
        fmt::format("the model's output is {} a sample, but 'next_token' needs [{}, classes]",
                    to_string(out), shape[0]));
  for (std::size_t f = 0; f < data.fields.size(); ++f)
    if (data.fields[f].name == kMaskField && data.fields[f].width() == shape[0])
      network.mask_field = f;
}

}  // namespace

namespace {

// Names the first row whose numbers are not all below `limit`.
void check_below(const Dataset& data, const Field& tokens, std::uint64_t limit,
                 std::string_view of_what, Findings& findings) {
  const std::uint64_t count = tokens.rows() * tokens.width();
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t token = load_integer(tokens, i);
    if (token >= 0 && token < static_cast<std::int64_t>(limit)) continue;
    // A sample of text may be no row of the file, and its tokens are no numbers of the user's.
    if (data.tokenizer)
      return findings.add(
          ErrorCode::kInvalid, data.where,
          fmt::format("its tokenizer makes the token {}, which is not one of the model's {} {} (0 "
                      "to {}): use a tokenizer of at most {}, or a larger model",
                      token, limit, of_what, limit - 1, counted(limit, "token")));
    findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("row {}: token {} of '{}' is not one of the model's {} {} (0 to {}){}",
                    i / tokens.width(), token, tokens.name, limit, of_what, limit - 1, kFromZero));
    return;
  }
}

}  // namespace

void check_tokens(const Dataset& data, const TaskNetwork& network, Findings& findings) {
  const Program& program = network.model->train();
  const auto uses = find_token_uses(*network.model, program);
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const Field& field = data.fields[i];
    if (field.tensor.dtype == DType::kFloat32) continue;
    if (const auto& use = uses[i]) check_below(data, field, use->vocabulary, "tokens", findings);
  }
  if (targets_of(network) != TargetKind::kOwnTokens || !findings.empty()) return;
  const Value& output = program.values[program.result_value()];
  check_below(data, data.fields.front(), output.shape.back().size, "outputs", findings);
}

void check_noise_text(const Dataset& text, const Task& task, Findings& findings) {
  const Field& tokens = text.fields.front();
  if (tokens.tensor.dtype == DType::kFloat32)
    return findings.add(ErrorCode::kInvalid, text.where, "holds real numbers, not tokens");
  const TaskNetwork& network = task.network;
  const auto uses = find_token_uses(*network.model, network.model->train());
  if (const auto& use = uses[task.tokens.front()])
    check_below(text, tokens, use->vocabulary, "tokens", findings);
}

namespace {

// One field of values, as many as the output.
void match_values(const Dataset& data, const Field& field, const Shape& out, TaskNetwork& network,
                  Findings& findings) {
  const Shape shape = field.sample_shape();
  network.sample_shapes.push_back(shape);
  if (field.tensor.dtype != DType::kFloat32)
    return findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("targets are {}, but the loss '{}' needs float32: save y.astype('float32')",
                    dtype_name(field.tensor.dtype), loss_name(network.train.loss)));
  if (!reshaped(shape, out))
    findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("targets are {} a sample, but the model's output is {}{}", to_string(shape),
                    to_string(out), reshape_cure(shape, out, field.name)));
}

// One field of class numbers. Returns how many classes the output has.
std::uint64_t match_classes(const Dataset& data, const Field& field, const Shape& out,
                            TaskNetwork& network, Findings& findings) {
  const Shape shape = field.sample_shape();
  const bool one_label = element_count(shape) == 1;
  network.sample_shapes.push_back(one_label ? Shape{} : shape);
  if (field.tensor.dtype != DType::kInt64)
    findings.add(ErrorCode::kInvalid, data.where,
                 fmt::format("targets are {}, but the loss '{}' needs class numbers (integers); "
                             "one-hot rows become numbers by y.argmax(1)",
                             dtype_name(field.tensor.dtype), loss_name(network.train.loss)));
  else if (one_label && out.size() == 1)
    return out[0];
  else if (out.size() == 2 && shape.size() == 1 && out[0] == shape[0])
    return out[1];
  else
    findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("targets are {} a sample, which '{}' cannot compare with an output of {}{}",
                    to_string(shape), loss_name(network.train.loss), to_string(out),
                    shape == out ? "; one-hot rows become numbers by y.argmax(1)" : ""));
  return 0;
}

}  // namespace

std::uint64_t match_targets(const Dataset& data, TaskNetwork& network, Findings& findings) {
  const Program& program = network.model->train();
  const Value& output = program.values[program.result_value()];
  const Shape out = sample_shape(output, network.model->where + ": output");
  const auto targets = data.targets();
  const TargetKind kind = targets_of(network);
  if (kind == TargetKind::kOwnTokens) {
    if (findings.empty()) match_tokens(data, out, network, findings);
  } else if (targets.size() != 1) {
    findings.add(ErrorCode::kInvalid, data.where,
                 targets.empty() ? naming_cure(data)
                                 : fmt::format("has {} targets, but the loss '{}' takes one",
                                               targets.size(), loss_name(network.train.loss)));
  } else if (kind == TargetKind::kClasses) {
    return match_classes(data, targets[0], out, network, findings);
  } else {
    match_values(data, targets[0], out, network, findings);
  }
  return 0;
}

void check_labels(const Dataset& data, std::uint64_t classes, Findings& findings) {
  if (classes == 0) return;
  const Field& field = data.targets().front();
  const auto labels = view_as<std::int64_t>(field.tensor.source->view());
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](std::int64_t label) {
    return label != kIgnoredLabel && (label < 0 || label >= static_cast<std::int64_t>(classes));
  });
  if (bad == labels.end()) return;
  if (*bad >= 0 && static_cast<std::uint64_t>(*bad) < data.classes.size())
    return findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("has {}, but the model's output has {}; the first without one is '{}'",
                    counted(data.classes.size(), "class", "classes"), classes,
                    data.classes[static_cast<std::size_t>(*bad)]));
  const auto row = static_cast<std::uint64_t>(bad - labels.begin()) / field.width();
  findings.add(ErrorCode::kInvalid, data.where,
               fmt::format("row {}: class {} is not one of the model's {} (0 to {}){}{}", row, *bad,
                           counted(classes, "class", "classes"), classes - 1, kFromZero,
                           *bad < 0 ? "; the loss ignores targets of -100" : ""));
}

void check_input_settings(const Dataset& data, const TaskNetwork& network, Findings& findings) {
  const InputSettings& input = network.input;
  const Shape& shape = network.sample_shapes.front();
  const std::string samples = fmt::format("samples of '{}'", data.fields.front().name);
  auto invalid = [&](std::string what) {
    findings.add(ErrorCode::kInvalid, data.where, std::move(what));
  };
  if ((input.random_crop > 0 || input.horizontal_flip) && shape.size() != 3)
    invalid(
        fmt::format("[input] random_crop and horizontal_flip need samples of [channels, "
                    "height, width] at the model's first input; {} are {}",
                    samples, to_string(shape)));
  if (shape.size() == 3 && input.random_crop > 0 &&
      input.random_crop >= std::min(shape[1], shape[2]))
    invalid(
        fmt::format("[input] random_crop = {} may cut all of an image away, which is {}; "
                    "expected less than its height and width",
                    input.random_crop, to_string(shape)));
  const Program& program = network.model->train();
  const bool whole = !is_floating(program.values[program.inputs.front().value].dtype);
  if (input.scales() && (whole || find_token_uses(*network.model, program).front()))
    invalid(
        fmt::format("[input] scale, mean and std make other numbers of '{}', which the model "
                    "takes as whole ones; leave them out (of several tasks, give them to the "
                    "others in [task.input])",
                    program.inputs.front().name));
  for (const auto& [name, values] : {std::pair{"mean", &input.mean}, {"std", &input.std}})
    if (values->size() > 1 && (shape.empty() || values->size() != shape[0]))
      invalid(
          fmt::format("[input] {} has {} numbers, but {} are {}; expected one, or one for each "
                      "channel (the first dimension)",
                      name, values->size(), samples, to_string(shape)));
}

Dataset match_validation(const Dataset& data, Dataset validation, Findings& findings) {
  auto describe = [](const Field* field) {
    return field ? fmt::format("{} {}", dtype_name(field->tensor.dtype),
                               to_string(field->sample_shape()))
                 : std::string("nothing");
  };
  bool same = true;
  auto compare = [&](const std::string& name, const Field* a, const Field* b) {
    if (describe(a) == describe(b)) return;
    same = false;
    findings.add(
        ErrorCode::kInvalid, validation.where,
        fmt::format("'{}' is {}, but {} in the training data", name, describe(b), describe(a)));
  };
  const FeatureNames names(validation);
  std::vector<std::size_t> order;
  for (const Field& field : data.features()) {
    const auto place = names.find(field.name, data.feature_count() == 1);
    compare(field.name, &field, place ? &validation.fields[*place] : nullptr);
    if (place) order.push_back(*place);
  }
  const auto own = data.targets(), other = validation.targets();
  for (std::size_t t = 0; t < std::max(own.size(), other.size()); ++t)
    compare(t < own.size() ? own[t].name : other[t].name, t < own.size() ? &own[t] : nullptr,
            t < other.size() ? &other[t] : nullptr);
  return same ? with_features(validation, order) : validation;
}

}  // namespace amalgam
