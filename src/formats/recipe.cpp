#include "amalgam/recipe.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "amalgam/error.h"
#include "formats/nearest.h"
#include "formats/optimizers.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// Keys that the design has and this version does not: refused by name.
const std::set<std::string, std::less<>> kNotYet = {"text"};

// Reads one table; remembers which keys were asked for, so that the rest can be refused.
class Table {
 public:
  Table(const toml::table& table, std::string where, Findings& findings)
      : table_(table), where_(std::move(where)), findings_(findings) {}

  void text(const char* key, std::string& out) {
    if (const toml::node* node = find(key)) {
      if (const auto value = node->value_exact<std::string>())
        out = *value;
      else
        wrong(key, *node, "a string");
    }
  }
  void flag(const char* key, bool& out) {
    if (const toml::node* node = find(key)) {
      if (const auto value = node->value_exact<bool>())
        out = *value;
      else
        wrong(key, *node, "true or false");
    }
  }
  void whole(const char* key, std::uint64_t& out, std::int64_t least,
             std::int64_t most = 1'000'000'000'000) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most)
      out = static_cast<std::uint64_t>(*value);
    else
      wrong(key, *node, fmt::format("a whole number from {} to {}", least, most));
  }
  void number(const char* key, double& out, double least) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (value && std::isfinite(*value) && *value >= least)
      out = *value;
    else
      wrong(key, *node, fmt::format("a number of at least {}", least));
  }
  void numbers(const char* key, std::vector<double>& out) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto values = as_numbers(*node);
    if (values && !values->empty())
      out = *values;
    else
      wrong(key, *node, "a list of numbers");
  }
  void choice(const char* key, std::string& out, std::initializer_list<std::string_view> known) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto value = node->value_exact<std::string>();
    for (std::string_view name : known)
      if (value && *value == name) {
        out = *value;
        return;
      }
    wrong(key, *node, fmt::format("one of \"{}\"", fmt::join(known, "\", \"")));
  }
  const toml::table* sub_table(const char* key) {
    const toml::node* node = find(key);
    if (node && !node->is_table()) wrong(key, *node, "a table");
    return node ? node->as_table() : nullptr;
  }
  std::vector<const toml::table*> tables(const char* key) {
    std::vector<const toml::table*> out;
    const toml::node* node = find(key);
    if (!node) return out;
    if (!node->is_array_of_tables()) {
      wrong(key, *node, fmt::format("tables, each headed [[{}]]", key));
      return out;
    }
    for (const toml::node& item : *node->as_array()) out.push_back(item.as_table());
    return out;
  }
  const toml::node* find(const char* key) {
    known_.insert(key);
    return table_.get(key);
  }
  void refuse(std::string_view key, std::string what) {
    findings_.add(ErrorCode::kInvalid, at(key), std::move(what));
  }
  void wrong(std::string_view key, const toml::node& node, const std::string& expected) {
    std::ostringstream shown;
    node.visit([&](const auto& n) { shown << n; });
    refuse(key, fmt::format("expected {}, found {}", expected, shown.str()));
  }
  // Call last: what was never asked for is unknown.
  void finish() {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (known_.count(name)) continue;
      if (kNotYet.count(name))
        findings_.add(ErrorCode::kUsage, at(name), "does not exist yet in this version");
      else
        refuse(name, fmt::format("is an unknown key; did you mean '{}'?", nearest(name, known_)));
    }
  }
  static std::optional<std::vector<double>> as_numbers(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (!array) return std::nullopt;
    std::vector<double> out;
    for (const toml::node& item : *array) {
      if (!item.is_number() || !std::isfinite(*item.value<double>())) return std::nullopt;
      out.push_back(*item.value<double>());
    }
    return out;
  }

 private:
  std::string at(std::string_view key) const {
    return where_.ends_with(' ') ? fmt::format("{}{}", where_, key)
                                 : fmt::format("{}.{}", where_, key);
  }

  const toml::table& table_;
  std::string where_;
  Findings& findings_;
  std::set<std::string> known_;
};

class Reader {
 public:
  Reader(const fs::path& path, Findings& findings)
      : file_(path.string()), folder_(path.parent_path()), findings_(findings) {}

  Recipe read(const toml::table& root) {
    Recipe recipe;
    Table table(root, file_ + ": ", findings_);
    if (const auto* train = table.sub_table("train")) {
      Table t(*train, file_ + ": train", findings_);
      read_job(t, recipe.job);
      read_train(t, recipe.train);
      t.finish();
    }
    if (const auto* input = table.sub_table("input"))
      recipe.input = read_input(*input, "input", {});
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
  void read_job(Table& t, JobSettings& job) {
    t.whole("epochs", job.epochs, 1);
    t.whole("batch_size", job.batch_size, 2);
    t.choice("precision", job.precision, {"fp32", "bf16"});
    t.whole("seed", job.seed, 0);
  }

  void read_train(Table& t, TrainSettings& train) {
    read_loss(t, train);
    read_optimizer(t, train);
    t.number("clip_grad_norm", train.clip_grad_norm, 0);
    t.whole("accumulate", train.accumulate, 1);
    t.text("output", train.output);
    if (const toml::node* node = t.find("no_decay")) read_no_decay(t, *node, train);
    if (const auto* schedule = t.sub_table("schedule")) {
      Table s(*schedule, file_ + ": train.schedule", findings_);
      s.choice("kind", train.schedule.kind, {"constant", "cosine", "step", "linear"});
      s.whole("warmup_steps", train.schedule.warmup_steps, 0);
      s.whole("step_size", train.schedule.step_size, 1);
      s.number("gamma", train.schedule.gamma, 0);
      s.finish();
    }
  }

  void read_loss(Table& t, TrainSettings& train) {
    std::string loss(loss_name(train.loss));
    t.choice("loss", loss, {"cross_entropy", "mse", "bce_with_logits", "next_token"});
    for (const Loss known :
         {Loss::kCrossEntropy, Loss::kMse, Loss::kBceWithLogits, Loss::kNextToken})
      if (loss == loss_name(known)) train.loss = known;
    t.number("label_smoothing", train.label_smoothing, 0);
    if (train.label_smoothing > 1) t.refuse("label_smoothing", "expected a number from 0 to 1");
  }

  void read_optimizer(Table& t, TrainSettings& train) {
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

  void read_argument(Table& t, const OptimizerArgument& argument, TrainSettings& train) {
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

  void read_no_decay(Table& t, const toml::node& node, TrainSettings& train) {
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

  void read_size(Table& t, InputSettings& input) {
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
    Table t(table, file_ + ": " + name, findings_);
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
    Table t(table, file_ + ": " + name, findings_);
    t.text("name", task.name);
    for (auto [key, out] : {std::pair{"model", &task.model},
                            {"eval_model", &task.eval_model},
                            {"data", &task.data},
                            {"validation", &task.validation}}) {
      t.text(key, *out);
      *out = resolve(*out);
    }
    if (const auto* train = t.sub_table("train")) {
      Table own(*train, file_ + ": " + name + ".train", findings_);
      for (const char* key : {"epochs", "batch_size", "precision", "seed"})
        if (own.find(key)) own.refuse(key, "belongs to the whole job; set it in [train]");
      read_train(own, task.train);
      own.finish();
    }
    if (const auto* input = t.sub_table("input"))
      task.input = read_input(*input, name + ".input", task.input);
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
