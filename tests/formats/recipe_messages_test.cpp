// What a recipe's errors say: the line, the cure, and the name that was meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/nearest.h"
#include "formats/recipe_files.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(RecipeMessages, NameFileLineAndKey) {
  EXPECT_EQ(refusal_of("[train]\n\nlr = -0.1\n"),
            "FILE:3: train.lr: expected a number of at least 0, found -0.1");
  EXPECT_EQ(refusal_of("[train.schedule]\nkind = \"step\"\n"),
            "FILE:1: train.schedule.step_size: is missing: after how many optimizer steps kind = "
            "\"step\" cuts the learning rate, as in step_size = 1000");
  EXPECT_THAT(refusal_of("[[task]]\nname = \"a\"\n[task.train.schedule]\nkind = 3\n"),
              HasSubstr("FILE:4: task[0].train.schedule.kind: "));
}

TEST(RecipeMessages, SayHowToWriteAValueOfTheWrongType) {
  for (const auto& [text, cure] : {std::pair{"lr = \"1e-3\"", "write it without quotes: 1e-3"},
                                   {"batch_size = \"64\"", "write it without quotes: 64"},
                                   {"nesterov = \"true\"", "write it without quotes: true"},
                                   {"nesterov = 1", "write true"},
                                   {"optimizer = \"adam\"\nbetas = 0.9",
                                    "expected 2 numbers from 0 to below 1, as in [0.9, "}})
    EXPECT_THAT(refusal_of(std::string("[train]\n") + text), HasSubstr(cure)) << text;
  EXPECT_THAT(refusal_of("[train]\nlr = \"small\""), Not(HasSubstr("quotes")));
}

TEST(RecipeMessages, KnowOtherNamesOfAKey) {
  const std::pair<const char*, const char*> meant[] = {
      {"Lr", "lr"},
      {"learning_rate", "lr"},
      {"lerning_rate", "lr"},
      {"num_epoch", "epochs"},
      {"LearningRate", "lr"},
      {"wd", "weight_decay"},
      {"momentun", "momentum"},
      {"batch", "batch_size"},
      {"batchSize", "batch_size"},
      {"bs", "batch_size"},
      {"num_epochs", "epochs"},
      {"max_epochs", "epochs"},
      {"gradient_accumulation_steps", "accumulate"},
      {"max_grad_norm", "clip_grad_norm"},
      {"grad_clip", "clip_grad_norm"},
      {"criterion", "loss"},
      {"scheduler", "schedule"},
      {"amp", "precision"}};
  for (const auto& [written, name] : meant)
    EXPECT_THAT(refusal_of(std::string("[train]\n") + written + " = 1"),
                EndsWith(std::string("is an unknown key; did you mean '") + name + "'?"))
        << written;
  EXPECT_THAT(refusal_of("[train]\noptimizer = \"adam\"\nbeta1 = 0.9"), HasSubstr("'betas'?"));
  EXPECT_THAT(refusal_of("[train]\nweight = 1"),
              EndsWith("did you mean 'weight_decay', or 'weight' of [train.loss_arguments]?"));
  EXPECT_THAT(refusal_of("[train.schedule]\nwarmup = 3"), HasSubstr("'warmup_steps'?"));
  EXPECT_THAT(refusal_of("[[train.group]]\nmatch = \"a\"\nlearning_rate = 3"),
              HasSubstr("did you mean 'lr'?"));
  EXPECT_THAT(refusal_of("[text]\ntokenizer = \"train:bpe:99\"\nmax_length = 3"),
              HasSubstr("'length'?"));
  EXPECT_THAT(refusal_of("[trian]"), HasSubstr("'train'?"));
  EXPECT_THAT(refusal_of("[training]"), HasSubstr("'train'?"));
}

TEST(RecipeMessages, KnowOtherNamesOfAValue) {
  const std::pair<const char*, const char*> meant[] = {
      {"optimizer = \"AdamW\"", "adamw"},
      {"optimizer = \"adamw_torch\"", "adamw"},
      {"optimizer = \"adamm\"", "adam"},
      {"optimizer = \"RMSProp\"", "rmsprop"},
      {"loss = \"ce\"", "cross_entropy"},
      {"loss = \"CrossEntropyLoss\"", "cross_entropy"},
      {"loss = \"cross-entropy\"", "cross_entropy"},
      {"loss = \"MSE\"", "mse"},
      {"precision = \"bfloat16\"", "bf16"},
      {"precision = \"float16\"", "fp16"},
      {"precision = \"amp\"", "bf16"},
      {"precision = \"float32\"", "fp32"},
      {"loss = \"crossentropy\"", "cross_entropy"},
      {"loss = \"mse_loss\"", "mse"},
      {"loss = \"mae\"", "l1"},
      {"loss = \"nll\"", "nll_loss"},
      {"loss = \"BCELoss\"", "bce"},
      {"loss = \"BCEWithLogitsLoss\"", "bce_with_logits"},
      {"loss = \"binary_cross_entropy\"", "bce"},
      {"loss = \"HuberLoss\"", "huber"},
      {"schedule.kind = \"onecycle\"", "one_cycle"},
      {"schedule.kind = \"OneCycleLR\"", "one_cycle"},
      {"schedule.kind = \"ExponentialLR\"", "exponential"},
      {"schedule.kind = \"step_lr\"", "step"},
      {"schedule.kind = \"linear_warmup\"", "linear"},
      {"schedule.kind = \"cosine_with_warmup\"", "cosine"},
      {"schedule.kind = \"cosine_annealing\"", "cosine"}};
  for (const auto& [written, name] : meant)
    EXPECT_THAT(refusal_of(std::string("[train]\n") + written),
                HasSubstr(std::string("did you mean '") + name + "'? Known are "))
        << written;
}

TEST(RecipeMessages, SayHowToWarmUp) {
  EXPECT_THAT(
      refusal_of("[train.schedule]\nkind = \"warmup_cosine\""),
      EndsWith("did you mean 'cosine'? Known are constant, cosine, exponential, inverse_sqrt, "
               "linear, multistep, one_cycle, polynomial, step; a warm-up before "
               "any of them is warmup_steps"));
}

TEST(RecipeMessages, MakeNoGuessWhereNothingIsNear) {
  EXPECT_EQ(refusal_of("[train]\nloss = \"focal\""),
            "FILE:2: train.loss: 'focal' is unknown; known are FILE.pt2, bce, bce_with_logits, "
            "cross_entropy, "
            "hinge_embedding, huber, kl_div, l1, model, mse, multi_margin, multilabel_margin, "
            "multilabel_soft_margin, next_token, nll_loss, poisson_nll, smooth_l1, soft_margin");
  for (const char* text : {"[train]\nfoo = 1", "[train]\nxyzzy = 1", "[input]\nq = 1", "zebra = 1",
                           "[train]\noptimizer = \"lion\"", "[train]\nloss = \"dice\""})
    EXPECT_THAT(refusal_of(text),
                testing::AllOf(HasSubstr("known"), Not(HasSubstr("did you mean"))))
        << text;
  // Names of their own, though a known one is near.
  for (const char* text :
       {"optimizer = \"adan\"", "optimizer = \"lamb\"", "loss = \"RMSE\"", "loss = \"ctc\"",
        "schedule.kind = \"reduce_on_plateau\"", "precision = \"tf32\"", "precision = \"fp64\""})
    EXPECT_THAT(
        refusal_of(std::string("[train]\n") + text),
        testing::AllOf(HasSubstr("' is unknown; known are "), Not(HasSubstr("did you mean"))))
        << text;
  const std::string longest(100000, 'x');
  EXPECT_LT(refusal_of("[train]\n" + longest + " = 1").size(), 1000u);
  EXPECT_LT(refusal_of("[train]\nloss = \"" + longest + "\"").size(), 1000u);
}

TEST(RecipeMessages, AreShortAndWholeCharactersWhateverTheFileHolds) {
  std::string accents;
  for (int i = 0; i < 50000; ++i) accents += "\xc3\xa9";
  for (const std::string& text :
       {"[train]\nloss = \"" + accents + "\"", "\"" + accents + "\" = 1",
        "[[task]]\nname = \"x" + accents + "\"", "[text]\ntokenizer = \"train:" + accents + "\"",
        "[train]\nlr = \"" + accents + "\"",
        "[train]\nlr = 1\n\"" + accents + "\" = 1\n\"" + accents + "\" = 1"}) {
    const std::string found = refusal_of(text);
    EXPECT_THAT(found, HasSubstr("FILE:"));
    EXPECT_LT(found.size(), 500u);
    EXPECT_EQ(find_invalid_utf8(found), std::nullopt);
  }
}

TEST(RecipeMessages, NamesOfTasksHaveALine) {
  EXPECT_EQ(refusal_of("[[task]]\nmodel = \"a\""),
            "FILE:1: task[0].name: is missing, as in name = \"digits\"");
  EXPECT_THAT(refusal_of("[[task]]\nname = \"a b\""), HasSubstr("FILE:2: task[0].name: 'a b': "));
  EXPECT_THAT(refusal_of("[[task]]\nname = \"a\"\n[[task]]\nname = \"a\""),
              HasSubstr("FILE:4: task[1].name: 'a' stands twice"));
  EXPECT_THAT(refusal_of("[[task]]\nname = 3"), HasSubstr("expected a string, in quotes, found 3"));
}

TEST(RecipeMessages, SayWhereAKeyBelongs) {
  const std::pair<const char*, const char*> belongs[] = {
      {"lr = 0.1", "FILE:1: lr: belongs to [train]"},
      {"[input]\nlr = 0.1", "FILE:2: input.lr: belongs to [train]"},
      {"[train]\nscale = 255.0", "FILE:2: train.scale: belongs to [input]"},
      {"[train]\nwarmup_steps = 3", "FILE:2: train.warmup_steps: belongs to [train.schedule]"},
      {"[schedule]\nkind = \"step\"", "FILE:1: schedule: belongs to [train], as [train.schedule]"},
      {"[text]\ntokenizer = \"train:bpe:99\"\nscale = 2", "text.scale: belongs to [input]"},
      {"data = \"x.npz\"", "FILE:1: data: belongs to [[task]] or [[decoy]]"},
      {"[[task]]\nname = \"a\"\nlr = 0.1", "task[0].lr: belongs to [task.train]"},
      {"[[task]]\nname = \"a\"\nepochs = 2", "task[0].epochs: belongs to [train]"},
      {"[[decoy]]\nmean = [0.5]", "decoy[0].mean: belongs to [decoy.input]"}};
  for (const auto& [text, where] : belongs) EXPECT_THAT(refusal_of(text), EndsWith(where)) << text;
  EXPECT_THAT(refusal_of("warmup = 3"), HasSubstr("'warmup_steps' of [train.schedule]?"));
}

TEST(RecipeMessages, SayWhichOptimizersTakeAnArgument) {
  EXPECT_EQ(refusal_of("[train]\noptimizer = \"adam\"\nmomentum = 0.9"),
            "FILE:3: train.momentum: is an argument of sgd, rmsprop, muon, and the optimizer is "
            "adam, which "
            "takes lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay, maximize");
  for (const char* key : {"fused", "foreach", "capturable", "differentiable"})
    EXPECT_THAT(refusal_of(std::string("[train]\n") + key + " = true"),
                HasSubstr("is left to PyTorch"));
}

TEST(Nearest, AllowsSlipsInProportion) {
  const std::set<std::string> known = {"lr", "momentum", "weight_decay", "epochs"};
  EXPECT_EQ(nearest("momnetum", known), "momentum");
  EXPECT_EQ(nearest("MOMENTUM", known), "momentum");
  EXPECT_EQ(nearest("weight-decay", known), "weight_decay");
  EXPECT_EQ(nearest("weight", known), "weight_decay");
  EXPECT_EQ(nearest("l", known), "");
  EXPECT_EQ(nearest("wxyz", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace amalgam
