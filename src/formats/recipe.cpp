#include "amalgam/recipe.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "amalgam/error.h"
#include "formats/recipe_table.h"
#include "formats/recipe_text.h"
#include "formats/recipe_train.h"
#include "formats/toml_text.h"
#include "formats/utf8.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr double kMostPixels = 16384;
// What is divided by must not become 0 as float32.
constexpr NumberRange kDivisor{1 / kLargestSetting};

class Reader {
 public:
  Reader(const fs::path& path, Findings& findings)
      : file_(path.string()), folder_(path.parent_path()), findings_(findings) {}

  Recipe read(const toml::table& root) {
    Recipe recipe;
    RecipeTable table(root, file_, "", findings_);
    if (const auto* train = table.sub_table("train")) {
      RecipeTable t(*train, file_, "train", findings_);
      read_job(t, recipe.job);
      read_train_settings(t, file_, "train", recipe.train, findings_);
      t.finish();
    }
    if (const auto* input = table.sub_table("input"))
      recipe.input = read_input(*input, "input", {});
    if (const auto* text = table.sub_table("text"))
      recipe.text = read_text_settings(*text, file_, "text", folder_, {}, findings_);
    if (const auto* columns = table.sub_table("table"))
      recipe.tabular = read_tabular_settings(*columns, "table", {});
    if (root.contains("data") && !root["data"].is_table())
      table.refuse("data", "belongs to [[task]] or [[decoy]]"), table.find("data");
    else if (const auto* data = table.sub_table("data")) {
      RecipeTable t(*data, file_, "data", findings_);
      read_targets(t, recipe.targets);
      t.finish();
    }
    std::set<std::string> names;
    for (const auto* task : table.tables("task")) {
      const std::size_t number = recipe.tasks.size();
      recipe.tasks.push_back(read_task(*task, fmt::format("task[{}]", number), recipe, &names));
    }
    for (const auto* decoy : table.tables("decoy"))
      recipe.decoys.push_back(
          read_task(*decoy, fmt::format("decoy[{}]", recipe.decoys.size()), recipe, nullptr));
    table.finish();
    return recipe;
  }

 private:
  void read_job(RecipeTable& t, JobSettings& job) {
    t.whole("epochs", job.epochs, 1);
    t.whole("batch_size", job.batch_size, 2);  // one row has no batch statistics
    t.choice("precision", job.precision, {"fp32", "bf16", "fp16"});
    t.whole("seed", job.seed, 0, std::numeric_limits<std::int64_t>::max());
  }

  void read_size(RecipeTable& t, InputSettings& input) {
    std::vector<double> size;
    t.numbers("size", size, {1, kMostPixels}, 2, "[32, 32] for [height, width] in pixels");
    if (size.empty()) return;
    if (size[0] != std::floor(size[0]) || size[1] != std::floor(size[1]))
      return t.refuse("size", "expected whole numbers of pixels, as in [32, 32]");
    input.size =
        ImageSize{static_cast<std::uint64_t>(size[0]), static_cast<std::uint64_t>(size[1])};
  }

  // What a task gives itself takes the place of what it would inherit.
  static void read_moment(RecipeTable& t, const char* key, NumberRange range,
                          std::vector<double>& numbers, bool& fit) {
    const toml::node* node = t.find(key);
    if (!node) return;
    fit = node->value_exact<std::string>() == "fit";
    if (fit)
      numbers.clear();
    else
      t.numbers(key, numbers, range, std::nullopt, "[0.5], or \"fit\"");
  }

  // A .pt2 beside the recipe; "" for none.
  void read_program(RecipeTable& t, const char* key, std::string& path) {
    if (!t.has(key)) return void(t.find(key));
    t.text(key, path);
    if (path.empty() || t.refused(key)) return;
    if (!path.ends_with(".pt2"))
      t.refuse(key, fmt::format("'{}': expected a program of torch.export.save, as in {} = "
                                "\"augment.pt2\"",
                                clipped(path), key));
    path = resolve(path);
  }

  static void read_targets(RecipeTable& t, std::vector<std::string>& targets) {
    read_names(t, "targets", targets);
  }

  // One name or several.
  static void read_names(RecipeTable& t, const char* key, std::vector<std::string>& names) {
    const toml::node* node = t.find(key);
    if (!node) return;
    names.clear();
    if (const auto name = node->value_exact<std::string>(); name && !name->empty())
      names.push_back(*name);
    const toml::array* list = node->as_array();
    for (std::size_t i = 0; list && i < list->size(); ++i)
      if (const auto name = (*list)[i].value_exact<std::string>(); name && !name->empty())
        names.push_back(*name);
    if ((names.empty() && !(list && list->empty())) || (list && names.size() != list->size()))
      return t.wrong(key, *node, "names, as in [\"mask\", \"age\"]");
    std::set<std::string> distinct(names.begin(), names.end());
    if (distinct.size() != names.size()) t.refuse(key, "has a name twice");
  }

  TabularSettings read_tabular_settings(const toml::table& table, const std::string& name,
                                        TabularSettings settings) {
    RecipeTable t(table, file_, name, findings_);
    settings.given = true;
    read_names(t, "numeric", settings.numeric);
    read_names(t, "categorical", settings.categorical);
    read_names(t, "ignore", settings.ignore);
    std::string encode = settings.one_hot ? "one_hot" : "index",
                missing = settings.fill ? "fill" : "refuse";
    t.choice("encode", encode, {"one_hot", "index"});
    t.choice("missing", missing, {"refuse", "fill"});
    t.flag("standardize", settings.standardize);
    settings.one_hot = encode == "one_hot";
    settings.fill = missing == "fill";
    t.finish();
    return settings;
  }

  // DATA, or a table of it and its targets; targets alone are of the first task's data.
  void read_data(RecipeTable& t, const std::string& name, TaskSettings& task) {
    const toml::node* node = t.find("data");
    if (!node || !node->is_table()) {
      t.text("data", task.data);
    } else {
      RecipeTable own(*node->as_table(), file_, name + ".data", findings_);
      own.text("path", task.data);
      read_targets(own, task.targets);
      task.first_tasks_data = !own.has("path") && !task.targets.empty();
      own.finish();
    }
    task.data = resolve(task.data);
  }

  InputSettings read_input(const toml::table& table, const std::string& name, InputSettings input) {
    RecipeTable t(table, file_, name, findings_);
    read_size(t, input);
    read_program(t, "transform", input.transform);
    read_program(t, "eval_transform", input.eval_transform);
    t.whole("random_crop", input.random_crop, 0, 4096);
    t.flag("horizontal_flip", input.horizontal_flip);
    double scale = input.scale.value_or(1.0);
    t.number("scale", scale, kDivisor);
    if (table.contains("scale")) input.scale = scale;
    read_moment(t, "mean", {-kLargestSetting}, input.mean, input.fit_mean);
    read_moment(t, "std", kDivisor, input.std, input.fit_std);
    t.finish();
    return input;
  }

  // `names`: of the tasks before this one; null for a guest, whose name nobody sees.
  TaskSettings read_task(const toml::table& table, const std::string& name, const Recipe& recipe,
                         std::set<std::string>* names) {
    TaskSettings task;
    task.train = recipe.train;
    task.input = recipe.input;
    task.text = recipe.text;
    task.tabular = recipe.tabular;
    task.targets = recipe.targets;
    RecipeTable t(table, file_, name, findings_);
    if (names)
      read_name(t, task.name, *names);
    else
      t.text("name", task.name);
    for (auto [key, out] : {std::pair{"model", &task.model},
                            {"eval_model", &task.eval_model},
                            {"validation", &task.validation}}) {
      t.text(key, *out);
      *out = resolve(*out);
    }
    read_data(t, name, task);
    if (!names && task.model.empty() && !recipe.tasks.empty()) imitate(recipe.tasks.front(), task);
    if (const auto* train = t.sub_table("train")) {
      RecipeTable own(*train, file_, name + ".train", findings_);
      for (const char* key : {"epochs", "batch_size", "precision", "seed"})
        if (own.find(key)) own.refuse(key, "belongs to the whole job; set it in [train]");
      read_train_settings(own, file_, name + ".train", task.train, findings_);
      own.finish();
    }
    if (const auto* input = t.sub_table("input"))
      task.input = read_input(*input, name + ".input", task.input);
    if (const auto* text = t.sub_table("text"))
      task.text = read_text_settings(*text, file_, name + ".text", folder_, task.text, findings_);
    if (const auto* columns = t.sub_table("table"))
      task.tabular = read_tabular_settings(*columns, name + ".table", task.tabular);
    t.finish();
    return task;
  }

  // A variant of the first task's model takes its loss, transforms and targets, too.
  static void imitate(const TaskSettings& first, TaskSettings& guest) {
    guest.train.loss = first.train.loss;
    guest.train.loss_program = first.train.loss_program;
    guest.train.loss_arguments = first.train.loss_arguments;
    guest.train.class_dimension = first.train.class_dimension;
    guest.train.output = first.train.output;
    guest.train.metric = first.train.metric;
    guest.train.metric_program = first.train.metric_program;
    guest.train.higher_is_better = first.train.higher_is_better;
    guest.input.transform = first.input.transform;
    guest.input.eval_transform = first.input.eval_transform;
    if (guest.targets.empty()) guest.targets = first.targets;
  }

  // `names` has the names before this one.
  static void read_name(RecipeTable& t, std::string& name, std::set<std::string>& names) {
    t.text("name", name);
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
    });
    if (name.empty() && !t.has("name"))
      t.refuse("name", "is missing, as in name = \"digits\"");
    else if (!t.refused("name") && (name.empty() || !plain))
      t.refuse("name", fmt::format("'{}': expected letters, digits, '_' and '-'", clipped(name)));
    else if (!names.insert(name).second)
      t.refuse("name", fmt::format("'{}' stands twice", clipped(name)));
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

Recipe read_recipe(const fs::path& path) {
  const toml::table root = read_toml(path);
  Findings findings;
  Recipe recipe = Reader(path, findings).read(root);
  findings.raise();
  return recipe;
}

}  // namespace amalgam
