#include "task/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "amalgam/model.h"
#include "base/counted.h"
#include "formats/losses.h"
#include "formats/row_numbers.h"
#include "graph/tokens.h"
#include "task/field_names.h"
#include "task/flow.h"
#include "task/integers.h"

namespace amalgam {
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
    if (!network.field_of_input[i]) continue;
    const Field& field = data.fields[*network.field_of_input[i]];
    if (field.tensor.dtype == DType::kFloat32) continue;
    if (const auto& use = uses[i]) check_below(data, field, use->vocabulary, "tokens", findings);
  }
  if (loss_row(network.train.loss).targets != TargetKind::kOwnTokens || !findings.empty()) return;
  const Value& output = program.values[program.result_value()];
  check_below(data, data.fields.front(), output.shape.back().size, "outputs", findings);
}

void check_noise_text(const Dataset& text, const Task& task, Findings& findings) {
  const Field& tokens = text.fields.front();
  if (tokens.tensor.dtype == DType::kFloat32)
    return findings.add(ErrorCode::kInvalid, text.where, "holds real numbers, not tokens");
  const TaskNetwork& network = task.network;
  const auto uses = find_token_uses(*network.model, network.model->train());
  const auto& fields = network.field_of_input;
  const auto input = std::find(fields.begin(), fields.end(), std::optional(task.tokens.front()));
  if (const auto& use = uses[static_cast<std::size_t>(input - fields.begin())])
    check_below(text, tokens, use->vocabulary, "tokens", findings);
}

void check_input_settings(const Dataset& data, const TaskNetwork& network, Findings& findings) {
  const InputSettings& input = network.input;
  const Shape shape = input_shape(network, network.in_training, 0);
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
  if (input.fits() && network.field_of_input.front() != std::optional<std::size_t>(0))
    invalid(
        "[input] \"fit\" is of a stored field, and the model's first input is made by the "
        "transform "
        "from none; give numbers");
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
  const FieldNames names(validation.features());
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
  if (!same) return validation;
  Dataset ordered = validation;
  ordered.fields.clear();
  for (const std::size_t f : order) ordered.fields.push_back(validation.fields[f]);
  ordered.fields.insert(ordered.fields.end(), other.begin(), other.end());
  return ordered;
}

}  // namespace amalgam
