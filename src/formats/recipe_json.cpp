#include "formats/recipe_json.h"

#include "formats/optimizers.h"

namespace amalgam {
namespace {

Json default_of(const OptimizerArgument& argument, const OptimizerRow& row) {
  if (argument.kind == ArgumentKind::kFlag) return false;
  if (argument.kind == ArgumentKind::kRates) return kDefaultRates;
  return argument.name == "lr" ? row.default_lr : argument.fallback;
}

// All that the optimizer takes: which of them a recipe names is its author's way of writing.
Json arguments_json(const TrainSettings& train, const OptimizerRow& row) {
  Json arguments = Json::object();
  for (const OptimizerArgument& argument : row.arguments)
    arguments[std::string(argument.name)] = default_of(argument, row);
  for (const auto& [name, setting] : train.arguments)
    arguments[name] = std::visit([](const auto& value) { return Json(value); }, setting);
  return arguments;
}

}  // namespace

Json train_settings_json(const TrainSettings& train) {
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  return {{"loss", loss_name(train.loss)},
          {"label_smoothing", train.label_smoothing},
          {"optimizer", row.torch_class},
          {"arguments", arguments_json(train, row)},
          {"clip_grad_norm", train.clip_grad_norm},
          {"accumulate", train.accumulate},
          {"schedule",
           {{"kind", train.schedule.kind},
            {"warmup_steps", train.schedule.warmup_steps},
            {"step_size", train.schedule.step_size},
            {"gamma", train.schedule.gamma}}}};
}

Json input_settings_json(const InputSettings& input) {
  const auto moment = [](bool fit, const std::vector<double>& numbers) {
    return fit ? Json("fit") : Json(numbers);
  };
  Json json = {{"random_crop", input.random_crop},
               {"horizontal_flip", input.horizontal_flip},
               {"mean", moment(input.fit_mean, input.mean)},
               {"std", moment(input.fit_std, input.std)}};
  if (input.scale) json["scale"] = *input.scale;
  return json;
}

std::string settings_text(const TrainSettings& train) {
  Json json = train_settings_json(train);
  json["no_decay"] = {train.no_decay_bias, train.no_decay_norm};
  return json.dump();
}

std::string settings_text(const InputSettings& input) { return input_settings_json(input).dump(); }

}  // namespace amalgam
