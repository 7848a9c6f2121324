#include "formats/recipe_train.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "formats/losses.h"
#include "formats/metrics.h"
#include "formats/optimizers.h"
#include "formats/recipe_arguments.h"
#include "formats/recipe_keys.h"
#include "formats/recipe_loss.h"
#include "formats/schedules.h"

namespace amalgam {
namespace {

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

// Rprop's steps shrink by the one and grow by the other.
void check_etas(RecipeTable& t, const TrainSettings& train) {
  const auto found = train.arguments.find("etas");
  if (found == train.arguments.end() || t.refused("etas")) return;
  const auto& etas = std::get<std::vector<double>>(found->second);
  if (!(0 < etas[0] && etas[0] < 1 && 1 < etas[1]))
    t.refuse("etas", fmt::format("expected one number between 0 and 1 and one above 1, as in "
                                 "[0.5, 1.2], found [{}]",
                                 fmt::join(etas, ", ")));
}

// What torch.optim refuses of arguments that are well each by itself.
void check_together(RecipeTable& t, const TrainSettings& train) {
  check_etas(t, train);
  if (!find_argument(*find_optimizer(train.optimizer), "dampening")) return;  // Muon has none
  if (!flag_of(train, "nesterov")) return;
  if (number_of(train, "momentum") <= 0 && !t.refused("momentum"))
    t.refuse("nesterov", "needs momentum above 0, as in momentum = 0.9");
  if (number_of(train, "dampening") != 0)
    t.refuse("nesterov", "needs dampening = 0; leave dampening out");
}

void read_optimizer(RecipeTable& t, TrainSettings& train) {
  const std::string before = train.optimizer;
  if (const toml::node* node = t.find("optimizer"); node && node->is_array())
    return t.refuse("optimizer", about_unknown_key("optimizers", "train", {}));
  std::set<std::string> names;
  for (const OptimizerRow& known : optimizer_table()) names.emplace(known.name);
  if (!t.choice("optimizer", train.optimizer, names)) {
    find_all_arguments(t, optimizer_table());
    return;
  }
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  // Another optimizer keeps only those inherited arguments that it knows.
  if (train.optimizer != before) keep_known(train.arguments, row.arguments);
  read_arguments(t, row.arguments, train.arguments);
  refuse_foreign_arguments(t, "optimizer", row, optimizer_table());
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

// What a word of the recipe is for, where it is missing.
std::string missing(std::string_view kind, std::string_view key) {
  if (key == "step_size")
    return "after how many optimizer steps kind = \"step\" cuts the learning rate, as in "
           "step_size = 1000";
  if (key == "milestones")
    return "at which optimizer steps kind = \"multistep\" cuts the learning rate, as in "
           "milestones = [3000, 6000]";
  return fmt::format(
      "what kind = \"{}\" multiplies the learning rate with in each optimizer "
      "step, as in gamma = 0.999",
      kind);
}

void refuse_arguments_of_other_kinds(RecipeTable& s, const ScheduleRow& row) {
  for (const auto& [key, kinds] : foreign_arguments(s, row, schedule_table()))
    s.refuse(key, fmt::format("belongs to kind = \"{}\", and the kind is \"{}\"; leave it out",
                              fmt::join(kinds, "\" or \""), row.name));
}

// What is well by itself, and not together.
void check_together(RecipeTable& s, const Schedule& schedule) {
  const auto has = [&](const char* key) { return schedule.arguments.contains(key); };
  if (!has("warmup_form") || s.refused("warmup_form")) return;
  const std::string& form = std::get<std::string>(schedule.arguments.at("warmup_form"));
  const double start =
      has("warmup_start") ? std::get<double>(schedule.arguments.at("warmup_start")) : 0;
  if (form != "linear" && start == 0)
    s.refuse(
        "warmup_start",
        fmt::format("is to be above 0 for warmup_form = \"{}\": the part of the learning rate that "
                    "it begins with, as in warmup_start = 0.1",
                    form));
}

void read_schedule(RecipeTable& s, Schedule& schedule) {
  const std::string before = schedule.kind;
  std::set<std::string> kinds;
  for (const ScheduleRow& row : schedule_table()) kinds.emplace(row.name);
  if (!s.choice("kind", schedule.kind, kinds)) {
    find_all_arguments(s, schedule_table());
    return s.finish();
  }
  const ScheduleRow& row = schedule_row(schedule.kind);
  if (schedule.kind != before) keep_known(schedule.arguments, row.arguments);
  read_arguments(s, row.arguments, schedule.arguments);
  for (const RecipeArgument& argument : row.arguments)
    if (argument.required && !schedule.arguments.contains(std::string(argument.name)))
      s.refuse(argument.name, "is missing: " + missing(row.name, argument.name));
  refuse_arguments_of_other_kinds(s, row);
  check_together(s, schedule);
  s.finish();
}

// One of the table, or a file of one's own.
bool read_metric_name(RecipeTable& t, const std::string& file, TrainSettings& train) {
  const toml::node* node = t.find("metric");
  if (!node) return true;
  train.metric_program.clear();
  const auto name = node->value_exact<std::string>();
  if (name && name->ends_with(".pt2")) {
    train.metric = kProgramMetric;
    train.metric_program = (std::filesystem::path(file).parent_path() / *name).string();
    return true;
  }
  if (train.metric == kProgramMetric) train.metric = TrainSettings().metric;
  if (name && top_of(*name)) {
    train.metric = *name;
    return true;
  }
  std::set<std::string> names = {std::string(kProgramFile)};
  for (const MetricRow& row : metric_table())
    if (row.kind != MetricKind::kProgram) names.emplace(row.name);
  return t.choice("metric", train.metric, names);
}

std::string metrics_beside(const LossRow& loss) {
  std::vector<std::string_view> names;
  for (const MetricRow& row : metric_table())
    if (has_metric(loss, row.kind))
      names.push_back(row.kind == MetricKind::kProgram ? kProgramFile : row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void read_metric(RecipeTable& t, const std::string& file, const std::string& name,
                 TrainSettings& train, Findings& findings) {
  const LossRow& loss = loss_row(train.loss);
  if (!t.has("metric") && !has_metric(loss, metric_row(train.metric).kind)) {
    train.metric = "loss";  // another loss does not inherit it
    train.metric_program.clear();
    train.higher_is_better = false;
  }
  const bool known = read_metric_name(t, file, train);
  if (known && !has_metric(loss, metric_row(train.metric).kind))
    t.refuse("metric", fmt::format("is {}, which the loss {} has not; it has {}", train.metric,
                                   train.loss, metrics_beside(loss)));
  if (t.has("metric")) train.higher_is_better = metric_row(train.metric).higher;
  std::string better = train.higher_is_better ? "higher" : "lower";
  t.choice("better", better, {"higher", "lower"});
  train.higher_is_better = better == "higher";
  if (const auto* stop = t.sub_table("stop")) {
    RecipeTable s(*stop, file, name + ".stop", findings);
    s.whole("patience", train.patience, 0);
    s.finish();
  }
}

void read_names(RecipeTable& t, std::vector<std::string>& names) {
  const toml::node* node = t.find("match");
  if (!node)
    return t.refuse("match", "is missing: names of parameters, as in match = \"backbone.*\"");
  toml::array one;
  if (node->is_string()) one.push_back(*node->as_string());
  const toml::array* list = node->is_string() ? &one : node->as_array();
  if (!list || list->empty())
    return t.wrong("match", *node, "a name or a list of names, as in \"backbone.*\"");
  for (const toml::node& item : *list)
    if (const auto name = item.value_exact<std::string>(); name && !name->empty())
      names.push_back(*name);
    else
      return t.wrong("match", *node, "a name or a list of names, as in \"backbone.*\"");
}

// A task's own take the place of those that it would inherit.
void read_groups(RecipeTable& t, const std::string& file, const std::string& name,
                 TrainSettings& train, Findings& findings) {
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  for (ParameterGroup& group : train.groups) keep_known(group.arguments, row.arguments);
  const auto tables = t.tables("group");
  if (!tables.empty()) train.groups.clear();
  for (std::size_t i = 0; i < tables.size(); ++i) {
    RecipeTable g(*tables[i], file, fmt::format("{}.group[{}]", name, i), findings);
    ParameterGroup group;
    read_names(g, group.match);
    g.flag("freeze", group.freeze);
    read_arguments(g, row.arguments, group.arguments);
    refuse_foreign_arguments(g, "optimizer", row, optimizer_table());
    if (group.freeze && !group.arguments.empty())
      g.refuse("freeze", "leaves the group untrained, so that " + group.arguments.begin()->first +
                             " does nothing; leave it out");
    g.finish();
    train.groups.push_back(std::move(group));
  }
}

}  // namespace

void read_train_settings(RecipeTable& t, const std::string& file, const std::string& name,
                         TrainSettings& train, Findings& findings) {
  read_loss(t, file, name, train, findings);
  read_optimizer(t, train);
  read_groups(t, file, name, train, findings);
  t.number("clip_grad_norm", train.clip_grad_norm);
  t.whole("accumulate", train.accumulate, 1);
  t.number("ema", train.ema, {0, kBelowOne});
  t.text("output", train.output);
  read_no_decay(t, train);
  read_metric(t, file, name, train, findings);
  if (const auto* schedule = t.sub_table("schedule")) {
    RecipeTable s(*schedule, file, name + ".schedule", findings);
    read_schedule(s, train.schedule);
  }
}

}  // namespace amalgam
