#include "amalgam/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "amalgam/error.h"
#include "formats/optimizers.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

Recipe read(const std::string& text) {
  std::string name = (fs::temp_directory_path() / "amalgam-recipe-XXXXXX").string();
  ::close(::mkstemp(name.data()));
  std::ofstream(name) << text;
  struct Remove {
    std::string path;
    ~Remove() { fs::remove(path); }
  } remove{name};
  return read_recipe(name);
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Recipe, EmptyHasDefaults) {
  const Recipe recipe = read("");
  EXPECT_EQ(recipe.job.batch_size, 64u);
  EXPECT_EQ(recipe.train.optimizer, "sgd");
  EXPECT_TRUE(recipe.tasks.empty());
}

TEST(Recipe, ReadsEveryOptimizerOfTheTable) {
  for (const OptimizerRow& row : optimizer_table()) {
    std::string text = "[train]\noptimizer = \"" + std::string(row.name) + "\"\n";
    for (const OptimizerArgument& argument : row.arguments) {
      text += std::string(argument.name);
      text += argument.kind == ArgumentKind::kFlag     ? " = true\n"
              : argument.kind == ArgumentKind::kNumber ? " = 0.5\n"
                                                       : " = [0.5, 0.9]\n";
    }
    EXPECT_EQ(read(text).train.arguments.size(), row.arguments.size()) << row.name;
  }
}

TEST(Recipe, NamesUnknownKeysAndTheNearestKnown) {
  EXPECT_THAT(refusal("[train]\nlearning_rate = 1\nmomentun = 0.9"),
              testing::HasSubstr("did you mean 'momentum'"));
  EXPECT_THAT(refusal("[trian]"), testing::HasSubstr("did you mean 'train'"));
  EXPECT_THAT(refusal("[train]\noptimizer = \"adamm\""), testing::HasSubstr("did you mean 'adam'"));
}

TEST(Recipe, AnOptimizersArgumentsBelongToIt) {
  EXPECT_NE(refusal("[train]\noptimizer = \"adam\"\nmomentum = 0.9"), "");
}

TEST(Recipe, ATaskKeepsWhatItsOptimizerKnows) {
  const Recipe recipe = read(R"([train]
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
                           "[train]\nprecision = \"fp16\"",
                           "[train]\nlr = \"big\"",
                           "[train]\nlr = -1",
                           "[train]\nlr = nan",
                           "[train]\nloss = \"hinge\"",
                           "[train]\nlabel_smoothing = 2",
                           "[train]\nno_decay = [\"weights\"]",
                           "[train]\nbetas = [0.9, 0.9]",
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
    EXPECT_NE(refusal(text), "") << text;
}

TEST(Recipe, ASizeIsTwoWholeNumbers) {
  for (const char* size : {"[3]", "[3, 3, 3]", "[0, 3]", "[1.5, 3]", "[3, 99999]"})
    EXPECT_THAT(refusal(std::string("[input]\nsize = ") + size),
                testing::HasSubstr("expected [height, width]"));
}

TEST(Recipe, WhatIsMissingYetIsRefusedByName) {
  EXPECT_THAT(refusal("[text]\nlength = 3"), testing::HasSubstr("text.tokenizer: is missing"));
}

}  // namespace
}  // namespace amalgam
