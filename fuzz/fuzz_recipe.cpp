// A recipe: TOML, and the meaning of its keys.
#include "amalgam/recipe.h"
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
)"};
}

void run(Bytes input) {
  const InputFile file(input);
  read_recipe(file.path());
}

}  // namespace amalgam::fuzz
