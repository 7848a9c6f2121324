#include "formats/recipe_loss.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>

#include "formats/losses.h"
#include "formats/recipe_arguments.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

constexpr const char* kSmoothing = "label_smoothing";

std::vector<std::string_view> takers_of(std::string_view argument) {
  std::vector<std::string_view> names;
  for (const LossRow& row : loss_table())
    if (find_argument(row, argument)) names.push_back(row.name);
  return names;
}

// An argument that may stand beside the loss as well.
void read_smoothing(RecipeTable& t, const LossRow& row, TrainSettings& train) {
  if (!t.find(kSmoothing)) return;
  double smoothing = 0;
  t.number(kSmoothing, smoothing, {0, 1});
  if (find_argument(row, kSmoothing))
    train.loss_arguments[kSmoothing] = smoothing;
  else if (smoothing > 0)
    t.refuse(kSmoothing, fmt::format("is an argument of {}, and the loss is {}; leave it out",
                                     fmt::join(takers_of(kSmoothing), " and "), row.name));
}

void read_class_dimension(RecipeTable& t, const LossRow& row, TrainSettings& train) {
  if (row.targets != TargetKind::kClasses) train.class_dimension.clear();
  if (!t.has("class_dimension")) {
    t.find("class_dimension");
    return;
  }
  const bool known = t.choice("class_dimension", train.class_dimension, {"first", "last"});
  if (known && row.targets != TargetKind::kClasses)
    t.refuse(
        "class_dimension",
        fmt::format("is of losses of class numbers, and the loss is {}; leave it out", row.name));
}

// One of the table, or a file of one's own. Whether it is known.
bool read_name(RecipeTable& t, const std::string& file, TrainSettings& train) {
  const toml::node* node = t.find("loss");
  if (!node) return true;
  train.loss_program.clear();
  if (const auto path = node->value_exact<std::string>(); path && path->ends_with(".pt2")) {
    train.loss = kProgramLoss;
    train.loss_program = (std::filesystem::path(file).parent_path() / *path).string();
    return true;
  }
  if (train.loss == kProgramLoss) train.loss = TrainSettings().loss;
  std::set<std::string> names = {std::string(kProgramFile)};
  for (const LossRow& row : loss_table())
    if (row.name != kProgramLoss) names.emplace(row.name);
  std::error_code unseen;  // what can't be a path is none
  if (const auto name = node->value_exact<std::string>(); name && !names.contains(*name))
    if (const auto program = std::filesystem::path(file).parent_path() / (*name + ".pt2");
        std::filesystem::exists(program, unseen)) {
      t.refuse("loss", fmt::format("'{0}' is no loss of the table; the file beside the recipe is "
                                   "loss = \"{0}.pt2\"",
                                   clipped(*name)));
      return false;
    }
  return t.choice("loss", train.loss, names);
}

}  // namespace

void read_loss(RecipeTable& t, const std::string& file, const std::string& name,
               TrainSettings& train, Findings& findings) {
  const bool known = read_name(t, file, train);
  const LossRow& row = loss_row(train.loss);
  keep_known(train.loss_arguments, row.arguments);
  const toml::table* arguments = t.sub_table("loss_arguments");
  if (!known) {  // of which loss, cannot be said
    t.find(kSmoothing);
    t.find("class_dimension");
    return;
  }
  read_smoothing(t, row, train);
  read_class_dimension(t, row, train);
  if (!arguments) return;
  RecipeTable own(*arguments, file, name + ".loss_arguments", findings);
  read_arguments(own, row.arguments, train.loss_arguments);
  refuse_foreign_arguments(own, "loss", row, loss_table());
  own.finish();
}

}  // namespace amalgam
