#include "formats/recipe_json.h"

#include "formats/losses.h"
#include "formats/optimizers.h"
#include "formats/schedules.h"

namespace amalgam {
namespace {

Json optimizer_arguments(const TrainSettings& train, const OptimizerRow& row) {
  Json json = arguments_json(train.arguments, row.arguments);
  if (!train.arguments.contains("lr")) json["lr"] = row.default_lr;
  return json;
}

Json schedule_json(const Schedule& schedule) {
  return {{"kind", schedule.kind},
          {"arguments", arguments_json(schedule.arguments, schedule_row(schedule.kind).arguments)}};
}

}  // namespace

Json train_settings_json(const TrainSettings& train) {
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  return {
      {"loss", train.loss},
      {"loss_arguments", arguments_json(train.loss_arguments, loss_row(train.loss).arguments)},
      {"optimizer", row.torch_class},
      {"arguments", optimizer_arguments(train, row)},
      {"clip_grad_norm", train.clip_grad_norm},
      {"accumulate", train.accumulate},
      {"ema", train.ema},
      {"best", {{"metric", train.metric}, {"better", train.higher_is_better ? "higher" : "lower"}}},
      {"patience", train.patience},
      {"schedule", schedule_json(train.schedule)}};
}

Json group_arguments_json(const TrainSettings& train, const ParameterGroup& group) {
  TrainSettings own = train;
  for (const auto& [name, setting] : group.arguments) own.arguments[name] = setting;
  return optimizer_arguments(own, *find_optimizer(train.optimizer));
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
  json["class_dimension"] = train.class_dimension;
  for (const ParameterGroup& group : train.groups)
    json["groups"].push_back({group.match, group.freeze, group_arguments_json(train, group)});
  return json.dump();
}

std::string settings_text(const InputSettings& input) { return input_settings_json(input).dump(); }

}  // namespace amalgam
