// A recipe: TOML, and the meaning of its keys.
#include "amalgam/recipe.h"
#include "formats/recipe_json.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  return {R"([train]
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
data = "other.npz"
)",
          R"([train]
seed = 3
nesterov = true
momentum = 0.9
output = """a"""
[train.schedule]
kind = "step"
step_size = 10
gamma = 0.5
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
