#include "amalgam/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/optimizers.h"
#include "formats/recipe_files.h"

namespace amalgam {
namespace {

TEST(Recipe, EmptyHasDefaults) {
  const Recipe recipe = recipe_of("");
  EXPECT_EQ(recipe.job.batch_size, 64u);
  EXPECT_EQ(recipe.train.optimizer, "sgd");
  EXPECT_TRUE(recipe.tasks.empty());
}

// One that is well beside all others.
std::string value_of(const RecipeArgument& argument) {
  if (argument.kind == ArgumentKind::kFlag) return " = true\n";
  if (argument.kind == ArgumentKind::kWhole) return " = 3\n";
  if (argument.kind == ArgumentKind::kWord)
    return " = \"" + std::string(argument.words.back()) + "\"\n";
  if (argument.kind == ArgumentKind::kPair)
    return argument.name == "etas" ? " = [0.5, 1.5]\n" : " = [0.5, 0.9]\n";
  return argument.least > 0.5 ? " = 1.5\n" : argument.most < 0.5 ? " = -0.5\n" : " = 0.5\n";
}

TEST(Recipe, ReadsEveryOptimizerOfTheTable) {
  for (const OptimizerRow& row : optimizer_table()) {
    std::string text = "[train]\noptimizer = \"" + std::string(row.name) + "\"\n";
    for (const RecipeArgument& argument : row.arguments) {
      if (argument.name == "dampening") continue;  // not beside nesterov
      text += std::string(argument.name);
      text += value_of(argument);
    }
    const std::size_t left_out = row.name == "sgd" ? 1 : 0;
    EXPECT_EQ(recipe_of(text).train.arguments.size(), row.arguments.size() - left_out) << row.name;
  }
}

TEST(Recipe, AnOptimizersArgumentsBelongToIt) {
  EXPECT_NE(refusal_of("[train]\noptimizer = \"adam\"\nmomentum = 0.9"), "");
}

TEST(Recipe, ATaskKeepsWhatItsOptimizerKnows) {
  const Recipe recipe = recipe_of(R"([train]
lr = 0.1
momentum = 0.9
[[task]]
name = "a"
model = "a.pt2"
data = "x.npy,y.npy"
[task.train]
optimizer = "adam")");
  ASSERT_EQ(recipe.tasks.size(), 1u);
  EXPECT_TRUE(recipe.tasks[0].train.arguments.count("lr"));
  EXPECT_FALSE(recipe.tasks[0].train.arguments.count("momentum"));
  EXPECT_THAT(recipe.tasks[0].data, testing::MatchesRegex("/.*x.npy,/.*y.npy"));
}

TEST(Recipe, RefusesWrongTypesAndRanges) {
  for (const char* text : {"[train]\nepochs = 0",
                           "[train]\nepochs = 1.5",
                           "[train]\nbatch_size = 1",
                           "[train]\nprecision = \"fp8\"",
                           "[train]\nlr = \"big\"",
                           "[train]\nlr = -1",
                           "[train]\nlr = nan",
                           "[train]\nloss = \"hinge\"",
                           "[train]\nlabel_smoothing = 2",
                           "[train]\nno_decay = [\"weights\"]",
                           "[train]\nbetas = [0.9, 0.9]",
                           "[train]\noptimizer = \"adam\"\nbetas = [0.9, 1.0]",
                           "[train]\noptimizer = \"adam\"\nbetas = [-0.1, 0.9]",
                           "[train]\noptimizer = \"adam\"\nbetas = [0.9, 0.9, 0.9]",
                           "[train]\noptimizer = \"adadelta\"\nrho = 1.5",
                           "[train]\nlr = true",
                           "[train]\nlr = inf",
                           "[train]\nlr = 1e300",
                           "[train]\nmomentum = -0.1",
                           "[train]\nnesterov = true",
                           "[train]\nnesterov = 1",
                           "[train]\nweight_decay = -1",
                           "[train]\nseed = -1",
                           "[train]\nclip_grad_norm = -1",
                           "[train]\naccumulate = 0",
                           "[train]\nloss = \"mse\"\nlabel_smoothing = 0.1",
                           "[train.schedule]\nkind = \"step\"",
                           "[train.schedule]\nkind = \"step\"\nstep_size = 0",
                           "[train.schedule]\nkind = \"step\"\nstep_size = 5\ngamma = 1.5",
                           "[train.schedule]\nkind = \"cosine\"\nstep_size = 5",
                           "[train.schedule]\nwarmup_steps = -1",
                           "[input]\nstd = [1e-50]",
                           "[input]\nmean = [nan]",
                           "[input]\nmean = []",
                           "[input]\nmean = 0.5",
                           "[input]\nscale = inf",
                           "[input]\nrandom_crop = -1",
                           "[train]\noptimizer = \"adam\"\nbetas = [0.9]",
                           "[input]\nstd = [0.0]",
                           "[input]\nscale = 0",
                           "[train.schedule]\nkind = \"sawtooth\"",
                           "train = 3",
                           "task = 3",
                           "[[task]]\nname = \"a b\"",
                           "[[task]]\nname = \"a\"\n[[task]]\nname = \"a\"",
                           "[[task]]\nname = \"a\"\n[task.train]\nepochs = 3",
                           "[train\n"})
    EXPECT_NE(refusal_of(text), "") << text;
}

TEST(Recipe, ASizeIsTwoWholeNumbers) {
  for (const char* size : {"[3]", "[3, 3, 3]", "[0, 3]", "[1.5, 3]", "[3, 99999]"})
    EXPECT_THAT(
        refusal_of(std::string("[input]\nsize = ") + size),
        testing::AllOf(testing::HasSubstr("input.size: expected"), testing::HasSubstr("pixels")));
}

TEST(Recipe, WhatIsMissingYetIsRefusedByName) {
  EXPECT_THAT(refusal_of("[text]\nlength = 3"), testing::HasSubstr("text.tokenizer: is missing"));
}

}  // namespace
}  // namespace amalgam
