#include "formats/recipe_json.h"

#include "formats/optimizers.h"

namespace amalgam {

Json train_settings_json(const TrainSettings& train) {
  Json arguments = Json::object();
  for (const auto& [name, setting] : train.arguments)
    arguments[name] = std::visit([](const auto& value) { return Json(value); }, setting);
  return {{"loss", loss_name(train.loss)},
          {"label_smoothing", train.label_smoothing},
          {"optimizer", find_optimizer(train.optimizer)->torch_class},
          {"arguments", arguments},
          {"clip_grad_norm", train.clip_grad_norm},
          {"accumulate", train.accumulate},
          {"schedule",
           {{"kind", train.schedule.kind},
            {"warmup_steps", train.schedule.warmup_steps},
            {"step_size", train.schedule.step_size},
            {"gamma", train.schedule.gamma}}}};
}

}  // namespace amalgam
