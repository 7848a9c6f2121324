// A recipe: TOML, and the meaning of its keys.
#include <iterator>
#include <sstream>

#include "amalgam/recipe.h"
#include "formats/recipe_json.h"
#include "target.h"

namespace amalgam::fuzz {

namespace {

// Values of each type under each key: what a reader has to say of the wrong ones.
constexpr const char* kValues[] = {"\"text\"",  "\"3\"",  "\"true\"",   "-1",
                                   "0",         "1",      "1.5",        "inf",
                                   "1e30",      "[1, 2]", "[]",         "[\"a\", 0.5]",
                                   "{ a = 1 }", "true",   "2000-01-01", "[[1.0, 2.0], 3]"};
constexpr std::pair<const char*, const char*> kTables[] = {
    {"[train]",
     "epochs batch_size precision seed loss label_smoothing optimizer lr betas momentum "
     "nesterov no_decay clip_grad_norm output schedule unknown class_dimension metric better ema "
     "etas"},
    {"[train.schedule]",
     "kind warmup_steps warmup_form warmup_start step_size gamma milestones min_lr power "
     "pct_start"},
    {"[train.loss_arguments]", "weight ignore_index reduction label_smoothing delta"},
    {"[train.stop]", "patience"},
    {"[[train.group]]", "match freeze lr"},
    {"[input]", "size random_crop horizontal_flip scale mean std"},
    {"[text]", "tokenizer length text_column label_column header"},
    {"[[task]]", "name model eval_model data validation train input text"},
    {"[[decoy]]", "name"}};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

// One file for each value.
std::vector<std::string> wrong_files() {
  std::vector<std::string> out;
  for (const char* value : kValues) {
    std::string file;
    for (const auto& [table, keys] : kTables) {
      file += std::string(table) + "\n";
      for (const std::string& key : words_of(keys)) {
        const bool header = key == "schedule";  // would stand twice
        if (!header) file += key + " = " + value + "\n";
      }
    }
    out.push_back(file);
  }
  for (const char* file :
       {"train = 1\n",
        "task = 1\n",
        "[train]\nschedule = 1\n",
        "[[task]]\n[[task]]\nname = \"a/b\"\n",
        "[[task]]\nname = \"a\"\n[[task]]\nname = \"a\"\n[[task]]\nname = \"\"\n",
        "[[task]]\nname = \"a\"\n[task.train]\nepochs = 1\nseed = 1\n",
        "[[task]]\nname = \"a\"\n[task.input]\nscale = 2\n[task.text]\nlength = 3\ntokenizer = "
        "\"/a\"\n",
        "[input]\nsize = [1.5, 2]\n",
        "[text]\ntokenizer = \"train:none:1\"\n",
        "[text]\ntokenizer = \"train:bpe\"\n",
        "[text]\ntokenizer = \"a.model\"\ntext_column = \"b\"\n",
        "[train]\nloss = \"mse\"\nlabel_smoothing = 0.1\n",
        "[train]\nloss = \"bce_with_logits\"\n",
        "[train]\nloss = \"next_token\"\n",
        "[train]\nloss = \"nonsense\"\noptimizer = \"adma\"\n",
        "[train]\noptimizer = \"sgd\"\nbetas = [0.9, 0.9]\nmomentum = 1e20\n",
        "[train]\noptimizer = \"adadelta\"\nrho = 2\n",
        "[train]\noptimizer = \"adam\"\nbetas = [0.9, 1.0]\n",
        "not toml",
        "[train]\nseed = -1\n"})
    out.emplace_back(file);
  return out;
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out = {R"([train]
epochs = 3
batch_size = 64
precision = "bf16"
loss = "cross_entropy"
label_smoothing = 0.1
optimizer = "adamw"
lr = 0.05
betas = [0.9, 0.99]
no_decay = ["bias", "norm"]
clip_grad_norm = 1.0
[train.schedule]
kind = "cosine"
warmup_steps = 10
[input]
random_crop = 4
horizontal_flip = true
scale = 255.0
mean = [0.5, 0.5, 0.5]
std = [0.2, 0.2, 0.2]
[[task]]
name = "digits"
model = "digits.pt2"
data = "digits.npz"
[task.train]
lr = 0.01
[[decoy]]
model = "other.pt2"
data = "x.npy,y.npy"
)",
                                  R"([train]
seed = 3
nesterov = true
momentum = 0.9
output = """a"""
loss = "bce_with_logits"
ema = 0.99
[train.loss_arguments]
pos_weight = [1.0, 2.5]
reduction = "sum"
[[train.group]]
match = ["head.*", "b?"]
lr = 0.5
[[train.group]]
match = "*"
freeze = true
[train.stop]
patience = 3
[train.schedule]
kind = "multistep"
milestones = [10, 20]
gamma = 0.5
min_lr = 0.001
warmup_form = "constant"
warmup_start = 0.5
[text]
tokenizer = "train:unigram:8000"
text_column = [1, "b"]
label_column = 0
header = true
[input]
size = [32, 32]
[[task]]
name = "a"
)"};
  for (std::string& file : wrong_files()) out.push_back(std::move(file));
  return out;
}

void run(Bytes input) {
  const InputFile file(input);
  const Recipe recipe = read_recipe(file.path());
  // What obfuscate asks of each task's part.
  train_settings_json(recipe.train);
  for (const auto* tasks : {&recipe.tasks, &recipe.decoys})
    for (const TaskSettings& task : *tasks) train_settings_json(task.train);
}

}  // namespace amalgam::fuzz
