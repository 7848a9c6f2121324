#include "task/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/model.h"
#include "base/bytes.h"
#include "formats/array_names.h"
#include "formats/row_numbers.h"
#include "graph/tokens.h"
#include "task/reshape.h"

namespace amalgam {
namespace {

constexpr std::int64_t kIgnoredLabel = -100;

// What the model takes, without the batch; symbolic dimensions by the size of the export.
std::pair<std::vector<Dim>, Shape> taken_by(const Value& input) {
  std::vector<Dim> dims(input.shape.begin() + (input.shape.empty() ? 0 : 1), input.shape.end());
  Shape shape;
  for (const Dim& dim : dims) shape.push_back(dim.size);
  return {std::move(dims), std::move(shape)};
}

std::string names_of(const Dataset& data) {
  std::string names;
  for (const Field& field : data.features)
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

std::optional<std::size_t> find_field(const Dataset& data, const std::string& name, bool single) {
  if (single && data.features.size() == 1) return 0;
  for (std::size_t f = 0; f < data.features.size(); ++f)
    if (data.features[f].name == name) return f;
  // torch.export writes the names of arguments in small letters.
  for (std::size_t f = 0; f < data.features.size(); ++f)
    if (in_small_letters(data.features[f].name) == name) return f;
  return std::nullopt;
}

}  // namespace

void match_inputs(const Dataset& data, TaskNetwork& network, Findings& findings) {
  const Program& program = network.model->train;
  network.field_of_input.assign(program.inputs.size(), 0);
  network.sample_shapes.assign(data.features.size(), {});
  std::vector<bool> used(data.features.size());
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const ModelInput& input = program.inputs[i];
    const auto field = find_field(data, input.name, program.inputs.size() == 1);
    if (!field) {
      findings.add(ErrorCode::kInvalid, data.where,
                   fmt::format("has no field for the model's input '{}'; it has {}", input.name,
                               names_of(data)));
      continue;
    }
    used[*field] = true;
    network.field_of_input[i] = *field;
    const Field& found = data.features[*field];
    const auto [dims, example] = taken_by(program.values[input.value]);
    if (const auto shape = reshaped(found.sample_shape(), dims)) {
      network.sample_shapes[*field] = *shape;
    } else {
      findings.add(ErrorCode::kInvalid, data.where,
                   fmt::format("samples of '{}' are {}, but the model's input is {}{}", found.name,
                               to_string(found.sample_shape()), to_string(example),
                               reshape_cure(found.sample_shape(), example, found.name)));
    }
  }
  for (std::size_t f = 0; f < used.size(); ++f)
    if (!used[f])
      findings.add(
          ErrorCode::kInvalid, data.where,
          fmt::format("has the field '{}', which the model does not take; leave it out of the data",
                      data.features[f].name));
}

namespace {

constexpr std::string_view kMaskField = "attention_mask";

// The targets are the first input's own tokens: [L] in, [L, C] out.
void match_tokens(const Dataset& data, const Shape& out, TaskNetwork& network, Findings& findings) {
  auto invalid = [&](std::string what) {
    findings.add(ErrorCode::kInvalid, data.where, std::move(what));
  };
  if (data.targets)
    return invalid("has targets ('y'), but the loss 'next_token' predicts a sample's own tokens");
  const Field& tokens = data.features[network.field_of_input.front()];
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
  for (std::size_t f = 0; f < data.features.size(); ++f)
    if (data.features[f].name == kMaskField && data.features[f].width() == shape[0])
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
                      "to {}): use a tokenizer of at most {} tokens, or a larger model",
                      token, limit, of_what, limit - 1, limit));
    findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("row {}: token {} of '{}' is not one of the model's {} {} (0 to {}){}",
                    i / tokens.width(), token, tokens.name, limit, of_what, limit - 1, kFromZero));
    return;
  }
}

}  // namespace

void check_tokens(const Dataset& data, const TaskNetwork& network, Findings& findings) {
  const Program& program = network.model->train;
  const auto uses = find_token_uses(*network.model, program);
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const Field& field = data.features[network.field_of_input[i]];
    if (field.tensor.dtype == DType::kFloat32) continue;
    if (const auto& use = uses[i]) check_below(data, field, use->vocabulary, "tokens", findings);
  }
  if (network.train.loss != Loss::kNextToken || !findings.empty()) return;
  const Value& output = program.values[*program.graph.outputs[network.output]];
  check_below(data, data.features[network.field_of_input.front()], output.shape.back().size,
              "outputs", findings);
}

void check_noise_text(const Dataset& text, const Task& task, Findings& findings) {
  const Field& tokens = text.features.front();
  if (tokens.tensor.dtype == DType::kFloat32)
    return findings.add(ErrorCode::kInvalid, text.where, "holds real numbers, not tokens");
  const TaskNetwork& network = task.network;
  const auto uses = find_token_uses(*network.model, network.model->train);
  for (std::size_t i = 0; i < network.field_of_input.size(); ++i)
    if (network.field_of_input[i] == task.tokens.front())
      if (const auto& use = uses[i]) check_below(text, tokens, use->vocabulary, "tokens", findings);
}

std::uint64_t match_targets(const Dataset& data, TaskNetwork& network, Findings& findings) {
  const std::string where = data.where;
  auto invalid = [&](std::string what) {
    findings.add(ErrorCode::kInvalid, where, std::move(what));
    return std::uint64_t{0};
  };
  const Program& program = network.model->train;
  const Value& output = program.values[*program.graph.outputs[network.output]];
  const Shape out = sample_shape(output, network.model->where + ": output");
  if (network.train.loss == Loss::kNextToken) {
    if (findings.empty()) match_tokens(data, out, network, findings);
    return 0;
  }
  if (!data.targets) return invalid(naming_cure(data));
  const Shape target = data.targets->sample_shape();
  const DType dtype = data.targets->tensor.dtype;
  network.target_shape = target;
  if (network.train.loss != Loss::kCrossEntropy) {
    if (dtype != DType::kFloat32)
      return invalid(
          fmt::format("targets are {}, but the loss '{}' needs float32: save y.astype('float32')",
                      dtype_name(dtype), loss_name(network.train.loss)));
    if (!reshaped(target, out))
      return invalid(fmt::format("targets are {} a sample, but the model's output is {}{}",
                                 to_string(target), to_string(out),
                                 reshape_cure(target, out, "y")));
    return 0;
  }
  if (dtype != DType::kInt64)
    return invalid(
        "targets are float32, but the loss 'cross_entropy' needs class numbers (integers); one-hot "
        "rows become numbers by y.argmax(1)");
  const bool one_label = element_count(target) == 1;
  if (one_label) network.target_shape = {};
  if (one_label && out.size() == 1) return out[0];
  if (out.size() == 2 && target.size() == 1 && out[0] == target[0]) return out[1];
  return invalid(fmt::format(
      "targets are {} a sample, which 'cross_entropy' cannot compare with an output of {}{}",
      to_string(target), to_string(out),
      target == out ? "; one-hot rows become numbers by y.argmax(1)" : ""));
}

void check_labels(const Dataset& data, std::uint64_t classes, Findings& findings) {
  if (classes == 0 || !data.targets || data.targets->tensor.dtype != DType::kInt64) return;
  const auto labels = view_as<std::int64_t>(data.targets->tensor.source->view());
  const auto bad = std::find_if(labels.begin(), labels.end(), [&](std::int64_t label) {
    return label != kIgnoredLabel && (label < 0 || label >= static_cast<std::int64_t>(classes));
  });
  if (bad == labels.end()) return;
  if (*bad >= 0 && static_cast<std::uint64_t>(*bad) < data.classes.size())
    return findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("has {} classes, but the model's output has {}; the first without one is '{}'",
                    data.classes.size(), classes, data.classes[static_cast<std::size_t>(*bad)]));
  const auto row = static_cast<std::uint64_t>(bad - labels.begin()) / data.targets->width();
  findings.add(ErrorCode::kInvalid, data.where,
               fmt::format("row {}: class {} is not one of the model's {} classes (0 to {}){}{}",
                           row, *bad, classes, classes - 1, kFromZero,
                           *bad < 0 ? "; the loss ignores targets of -100" : ""));
}

void check_input_settings(const std::string& where, const TaskNetwork& network,
                          Findings& findings) {
  const InputSettings& input = network.input;
  const Shape& shape = network.sample_shapes[network.field_of_input.front()];
  if ((input.random_crop > 0 || input.horizontal_flip) && shape.size() != 3)
    findings.add(ErrorCode::kInvalid, where,
                 "[input] random_crop and horizontal_flip need samples of [channels, height, "
                 "width]; these are " +
                     to_string(shape));
  if (shape.size() == 3 && input.random_crop > 0 &&
      input.random_crop >= std::min(shape[1], shape[2]))
    findings.add(ErrorCode::kInvalid, where,
                 fmt::format("[input] random_crop = {} may cut all of an image away, which is {}; "
                             "expected less than its height and width",
                             input.random_crop, to_string(shape)));
  const Program& program = network.model->train;
  const bool scaled = input.scale || !input.mean.empty() || !input.std.empty();
  const bool whole = !is_floating(program.values[program.inputs.front().value].dtype);
  if (scaled && (whole || find_token_uses(*network.model, program).front()))
    findings.add(ErrorCode::kInvalid, where,
                 fmt::format("[input] scale, mean and std make other numbers of '{}', which the "
                             "model takes as whole ones; leave them out (of several tasks, give "
                             "them to the others in [task.input])",
                             program.inputs.front().name));
  for (const auto& [name, values] : {std::pair{"mean", &input.mean}, {"std", &input.std}})
    if (values->size() > 1 && (shape.empty() || values->size() != shape[0]))
      findings.add(
          ErrorCode::kInvalid, where,
          fmt::format(
              "[input] {} has {} numbers, but samples are {}; expected one, or one for each "
              "channel (the first dimension)",
              name, values->size(), to_string(shape)));
}

void check_validation(const Dataset& data, const Dataset& validation, Findings& findings) {
  auto describe = [](const Field* field) {
    return field ? fmt::format("{} {}", dtype_name(field->tensor.dtype),
                               to_string(field->sample_shape()))
                 : std::string("nothing");
  };
  auto compare = [&](const std::string& name, const Field* a, const Field* b) {
    if (describe(a) != describe(b))
      findings.add(
          ErrorCode::kInvalid, validation.where,
          fmt::format("'{}' is {}, but {} in the training data", name, describe(b), describe(a)));
  };
  for (const Field& field : data.features) {
    const auto place = find_field(validation, field.name, data.features.size() == 1);
    compare(field.name, &field, place ? &validation.features[*place] : nullptr);
  }
  compare("y", data.targets ? &*data.targets : nullptr,
          validation.targets ? &*validation.targets : nullptr);
}

}  // namespace amalgam
