#include "amalgam/recipe.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "amalgam/error.h"
#include "formats/nearest.h"
#include "formats/optimizers.h"
#include "formats/recipe_table.h"
#include "formats/recipe_text.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

class Reader {
 public:
  Reader(const fs::path& path, Findings& findings)
      : file_(path.string()), folder_(path.parent_path()), findings_(findings) {}

  Recipe read(const toml::table& root) {
    Recipe recipe;
    RecipeTable table(root, file_ + ": ", findings_);
    if (const auto* train = table.sub_table("train")) {
      RecipeTable t(*train, file_ + ": train", findings_);
      read_job(t, recipe.job);
      read_train(t, recipe.train);
      t.finish();
    }
    if (const auto* input = table.sub_table("input"))
      recipe.input = read_input(*input, "input", {});
    if (const auto* text = table.sub_table("text"))
      recipe.text = read_text_settings(*text, file_ + ": text", folder_, {}, findings_);
    for (const auto* task : table.tables("task")) {
      recipe.tasks.push_back(
          read_task(*task, fmt::format("task[{}]", recipe.tasks.size()), recipe));
      check_name(recipe.tasks);
    }
    for (const auto* decoy : table.tables("decoy"))
      recipe.decoys.push_back(
          read_task(*decoy, fmt::format("decoy[{}]", recipe.decoys.size()), recipe));
    table.finish();
    return recipe;
  }

 private:
  void read_job(RecipeTable& t, JobSettings& job) {
    t.whole("epochs", job.epochs, 1);
    t.whole("batch_size", job.batch_size, 2);
    t.choice("precision", job.precision, {"fp32", "bf16"});
    t.whole("seed", job.seed, 0);
  }

  void read_train(RecipeTable& t, TrainSettings& train) {
    read_loss(t, train);
    read_optimizer(t, train);
    t.number("clip_grad_norm", train.clip_grad_norm, 0);
    t.whole("accumulate", train.accumulate, 1);
    t.text("output", train.output);
    if (const toml::node* node = t.find("no_decay")) read_no_decay(t, *node, train);
    if (const auto* schedule = t.sub_table("schedule")) {
      RecipeTable s(*schedule, file_ + ": train.schedule", findings_);
      s.choice("kind", train.schedule.kind, {"constant", "cosine", "step", "linear"});
      s.whole("warmup_steps", train.schedule.warmup_steps, 0);
      s.whole("step_size", train.schedule.step_size, 1);
      s.number("gamma", train.schedule.gamma, 0);
      s.finish();
    }
  }

  void read_loss(RecipeTable& t, TrainSettings& train) {
    std::string loss(loss_name(train.loss));
    t.choice("loss", loss, {"cross_entropy", "mse", "bce_with_logits", "next_token"});
    for (const Loss known :
         {Loss::kCrossEntropy, Loss::kMse, Loss::kBceWithLogits, Loss::kNextToken})
      if (loss == loss_name(known)) train.loss = known;
    t.number("label_smoothing", train.label_smoothing, 0);
    if (train.label_smoothing > 1) t.refuse("label_smoothing", "expected a number from 0 to 1");
  }

  void read_optimizer(RecipeTable& t, TrainSettings& train) {
    const std::string before = train.optimizer;
    t.text("optimizer", train.optimizer);
    const OptimizerRow* row = find_optimizer(train.optimizer);
    if (!row) {
      std::set<std::string> names;
      for (const OptimizerRow& known : optimizer_table()) names.emplace(known.name);
      t.refuse("optimizer",
               fmt::format("'{}' is unknown; did you mean '{}'? Known are {}", train.optimizer,
                           nearest(train.optimizer, names), fmt::join(names, ", ")));
      return;
    }
    // Another optimizer keeps only those inherited arguments that it knows.
    if (train.optimizer != before)
      std::erase_if(train.arguments,
                    [&](const auto& item) { return !find_argument(*row, item.first); });
    for (const OptimizerArgument& argument : row->arguments) read_argument(t, argument, train);
  }

  void read_argument(RecipeTable& t, const OptimizerArgument& argument, TrainSettings& train) {
    const std::string key(argument.name);
    const toml::node* node = t.find(key.c_str());
    if (!node) return;
    if (argument.kind == ArgumentKind::kFlag) {
      bool value = false;
      t.flag(key.c_str(), value);
      train.arguments[key] = value;
    } else if (argument.kind == ArgumentKind::kNumber) {
      double value = 0;
      t.number(key.c_str(), value, 0);
      train.arguments[key] = value;
    } else {
      std::vector<double> value;
      t.numbers(key.c_str(), value);
      if (!value.empty() && value.size() != 2)
        t.refuse(key, "expected two numbers, as in [0.9, 0.999]");
      train.arguments[key] = value;
    }
  }

  void read_no_decay(RecipeTable& t, const toml::node& node, TrainSettings& train) {
    train.no_decay_bias = train.no_decay_norm = false;
    const toml::array* names = node.as_array();
    if (!names) return t.wrong("no_decay", node, "a list of \"bias\" and \"norm\"");
    for (const toml::node& name : *names) {
      if (name.value<std::string>() == "bias")
        train.no_decay_bias = true;
      else if (name.value<std::string>() == "norm")
        train.no_decay_norm = true;
      else
        t.wrong("no_decay", name, "\"bias\" or \"norm\"");
    }
  }

  void read_size(RecipeTable& t, InputSettings& input) {
    std::vector<double> size;
    t.numbers("size", size);
    if (size.empty()) return;
    auto fits = [](double length) {
      return length >= 1 && length <= 16384 && length == std::floor(length);
    };
    if (size.size() != 2 || !fits(size[0]) || !fits(size[1]))
      return t.refuse("size", "expected [height, width] in pixels, as in [32, 32]");
    input.size =
        ImageSize{static_cast<std::uint64_t>(size[0]), static_cast<std::uint64_t>(size[1])};
  }

  InputSettings read_input(const toml::table& table, const std::string& name, InputSettings input) {
    RecipeTable t(table, file_ + ": " + name, findings_);
    read_size(t, input);
    t.whole("random_crop", input.random_crop, 0, 4096);
    t.flag("horizontal_flip", input.horizontal_flip);
    double scale = input.scale.value_or(1.0);
    t.number("scale", scale, 0);
    if (table.contains("scale")) input.scale = scale;
    if (input.scale == 0.0) t.refuse("scale", "expected a number above 0");
    t.numbers("mean", input.mean);
    t.numbers("std", input.std);
    for (double value : input.std)
      if (value <= 0) t.refuse("std", "expected numbers above 0");
    t.finish();
    return input;
  }

  TaskSettings read_task(const toml::table& table, const std::string& name, const Recipe& recipe) {
    TaskSettings task;
    task.train = recipe.train;
    task.input = recipe.input;
    task.text = recipe.text;
    RecipeTable t(table, file_ + ": " + name, findings_);
    t.text("name", task.name);
    for (auto [key, out] : {std::pair{"model", &task.model},
                            {"eval_model", &task.eval_model},
                            {"data", &task.data},
                            {"validation", &task.validation}}) {
      t.text(key, *out);
      *out = resolve(*out);
    }
    if (const auto* train = t.sub_table("train")) {
      RecipeTable own(*train, file_ + ": " + name + ".train", findings_);
      for (const char* key : {"epochs", "batch_size", "precision", "seed"})
        if (own.find(key)) own.refuse(key, "belongs to the whole job; set it in [train]");
      read_train(own, task.train);
      own.finish();
    }
    if (const auto* input = t.sub_table("input"))
      task.input = read_input(*input, name + ".input", task.input);
    if (const auto* text = t.sub_table("text"))
      task.text = read_text_settings(*text, fmt::format("{}: {}.text", file_, name), folder_,
                                     task.text, findings_);
    t.finish();
    return task;
  }

  void check_name(const std::vector<TaskSettings>& tasks) {
    const std::string where = fmt::format("{}: task[{}].name", file_, tasks.size() - 1);
    const std::string& name = tasks.back().name;
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    });
    if (name.empty() || !plain)
      findings_.add(ErrorCode::kInvalid, where,
                    fmt::format("'{}': expected letters, digits, '_' and '-'", name));
    for (std::size_t i = 0; i + 1 < tasks.size(); ++i)
      if (tasks[i].name == name)
        findings_.add(ErrorCode::kInvalid, where, fmt::format("'{}' stands twice", name));
  }

  // DATA may be "features,targets"; each part is relative to the recipe.
  std::string resolve(const std::string& data) const {
    if (data.empty()) return data;
    std::string out;
    std::size_t at = 0;
    while (true) {
      const std::size_t comma = data.find(',', at);
      const fs::path part = data.substr(at, comma == std::string::npos ? comma : comma - at);
      out += (part.is_absolute() ? part : folder_ / part).string();
      if (comma == std::string::npos) return out;
      out += ',';
      at = comma + 1;
    }
  }

  std::string file_;
  fs::path folder_;
  Findings& findings_;
};

}  // namespace

std::string_view loss_name(Loss loss) {
  switch (loss) {
    case Loss::kCrossEntropy:
      return "cross_entropy";
    case Loss::kMse:
      return "mse";
    case Loss::kBceWithLogits:
      return "bce_with_logits";
    case Loss::kNextToken:
      return "next_token";
  }
  return "";
}

Recipe read_recipe(const fs::path& path) {
  if (!fs::is_regular_file(path))
    throw Error(ErrorCode::kIo, path.string(), "cannot be opened: there is no such file");
  toml::table root;
  try {
    root = toml::parse_file(path.string());
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::kInvalid, fmt::format("{}:{}", path.string(), error.source().begin.line),
                fmt::format("is not valid TOML: {}", error.description()));
  }
  Findings findings;
  Recipe recipe = Reader(path, findings).read(root);
  findings.raise();
  return recipe;
}

}  // namespace amalgam
