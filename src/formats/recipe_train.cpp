#include "formats/recipe_train.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "formats/losses.h"
#include "formats/optimizers.h"

namespace amalgam {
namespace {

void read_loss(RecipeTable& t, TrainSettings& train) {
  std::string loss(loss_name(train.loss));
  std::set<std::string> names;
  std::vector<std::string_view> smooth;
  for (const LossRow& row : loss_table()) {
    names.emplace(row.name);
    if (row.smooths()) smooth.push_back(row.name);
  }
  const bool known_loss = t.choice("loss", loss, names);
  for (const LossRow& row : loss_table())
    if (loss == row.name) train.loss = row.loss;
  const bool smooths = loss_row(train.loss).smooths();
  if (!smooths) train.label_smoothing = 0;  // another loss does not inherit it
  t.number("label_smoothing", train.label_smoothing, {0, 1});
  if (known_loss && train.label_smoothing > 0 && !smooths)
    t.refuse("label_smoothing",
             fmt::format("is an argument of {}, and the loss is {}; leave it out",
                         fmt::join(smooth, " and "), loss));
}

void read_argument(RecipeTable& t, const OptimizerArgument& argument, TrainSettings& train) {
  const std::string key(argument.name);
  if (!t.find(key.c_str())) return;
  if (argument.kind == ArgumentKind::kFlag) {
    bool value = false;
    t.flag(key.c_str(), value);
    train.arguments[key] = value;
  } else if (argument.kind == ArgumentKind::kNumber) {
    double value = 0;
    t.number(key.c_str(), value, {argument.least, argument.most});
    train.arguments[key] = value;
  } else {
    std::vector<double> value;
    t.numbers(key.c_str(), value, {0, kBelowOne}, 2, "[0.9, 0.999]");
    train.arguments[key] = value;
  }
}

// Arguments of other optimizers: they are no unknown words, but belong elsewhere.
void refuse_foreign_arguments(RecipeTable& t, const OptimizerRow& row) {
  std::map<std::string_view, std::vector<std::string_view>> takers;
  for (const OptimizerRow& other : optimizer_table())
    for (const OptimizerArgument& argument : other.arguments)
      if (t.has(argument.name) && !find_argument(row, argument.name))
        takers[argument.name].push_back(other.name);
  std::vector<std::string_view> own;
  for (const OptimizerArgument& argument : row.arguments) own.push_back(argument.name);
  for (const auto& [argument, names] : takers)
    t.refuse(argument, fmt::format("is an argument of {}, and the optimizer is {}, which takes {}",
                                   fmt::join(names, ", "), row.name, fmt::join(own, ", ")));
}

double number_of(const TrainSettings& train, const char* name) {
  const auto found = train.arguments.find(name);
  const double* value =
      found == train.arguments.end() ? nullptr : std::get_if<double>(&found->second);
  return value ? *value : 0;
}

bool flag_of(const TrainSettings& train, const char* name) {
  const auto found = train.arguments.find(name);
  const bool* value = found == train.arguments.end() ? nullptr : std::get_if<bool>(&found->second);
  return value && *value;
}

// What torch.optim refuses of arguments that are well each by itself.
void check_together(RecipeTable& t, const TrainSettings& train) {
  if (!flag_of(train, "nesterov")) return;
  if (number_of(train, "momentum") <= 0 && !t.refused("momentum"))
    t.refuse("nesterov", "needs momentum above 0, as in momentum = 0.9");
  if (number_of(train, "dampening") != 0)
    t.refuse("nesterov", "needs dampening = 0; leave dampening out");
}

void read_optimizer(RecipeTable& t, TrainSettings& train) {
  const std::string before = train.optimizer;
  std::set<std::string> names;
  for (const OptimizerRow& known : optimizer_table()) names.emplace(known.name);
  if (!t.choice("optimizer", train.optimizer, names)) {
    for (const OptimizerRow& known : optimizer_table())
      for (const OptimizerArgument& argument : known.arguments)
        t.find(std::string(argument.name).c_str());
    return;
  }
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  // Another optimizer keeps only those inherited arguments that it knows.
  if (train.optimizer != before)
    std::erase_if(train.arguments,
                  [&](const auto& item) { return !find_argument(row, item.first); });
  for (const OptimizerArgument& argument : row.arguments) read_argument(t, argument, train);
  refuse_foreign_arguments(t, row);
  check_together(t, train);
}

void read_no_decay(RecipeTable& t, TrainSettings& train) {
  const toml::node* node = t.find("no_decay");
  if (!node) return;
  train.no_decay_bias = train.no_decay_norm = false;
  const toml::array* names = node->as_array();
  if (!names) return t.wrong("no_decay", *node, "a list of \"bias\" and \"norm\"");
  for (const toml::node& name : *names) {
    if (name.value_exact<std::string>() == "bias")
      train.no_decay_bias = true;
    else if (name.value_exact<std::string>() == "norm")
      train.no_decay_norm = true;
    else
      t.wrong("no_decay", name,
              "\"bias\" or \"norm\", which stand for kinds of parameters, not for names");
  }
}

// Of one kind only: elsewhere they would be read and do nothing.
void read_cuts(RecipeTable& s, const std::string& before, Schedule& schedule) {
  const bool cuts = schedule.kind == "step";
  if (cuts && before != "step" && !s.has("step_size"))
    s.refuse(
        "step_size",
        "is missing: after how many optimizer steps kind = \"step\" cuts the learning rate, as "
        "in step_size = 1000");
  for (const char* key : {"step_size", "gamma"})
    if (!cuts && s.has(key))
      s.refuse(key, fmt::format("belongs to kind = \"step\", and the kind is \"{}\"; leave it out",
                                schedule.kind));
}

void read_schedule(RecipeTable& s, Schedule& schedule) {
  const std::string before = schedule.kind;
  if (s.choice("kind", schedule.kind, {"constant", "cosine", "step", "linear"}))
    read_cuts(s, before, schedule);
  s.whole("warmup_steps", schedule.warmup_steps, 0);
  s.whole("step_size", schedule.step_size, 1);
  s.number("gamma", schedule.gamma, {0, 1});
  s.finish();
}

}  // namespace

void read_train_settings(RecipeTable& t, const std::string& file, const std::string& name,
                         TrainSettings& train, Findings& findings) {
  read_loss(t, train);
  read_optimizer(t, train);
  t.number("clip_grad_norm", train.clip_grad_norm);
  t.whole("accumulate", train.accumulate, 1);
  t.text("output", train.output);
  read_no_decay(t, train);
  if (const auto* schedule = t.sub_table("schedule")) {
    RecipeTable s(*schedule, file, name + ".schedule", findings);
    read_schedule(s, train.schedule);
  }
}

}  // namespace amalgam
