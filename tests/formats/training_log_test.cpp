#include "formats/training_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "refusals.h"
#include "scratch.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kEpochs = 9;

std::string line(const std::string& split, int k, int epoch, int step, const std::string& more) {
  return "{\"split\": \"" + split + "\", \"epoch\": " + std::to_string(epoch) +
         ", \"step\": " + std::to_string(step) + ", \"sub-network\": " + std::to_string(k) + more +
         "}\n";
}

const char* const kAll = R"(, "loss": 0.5, "lr": 0.1, "accuracy": 0.25)";

class TrainingLogTest : public testing::Test {
 protected:
  TrainingLog read(const std::string& text) const {
    write_text(path_, text);
    return read_training_log(path_, 2, kEpochs);
  }
  // How many lines are left out.
  std::uint64_t left_out(const std::string& text) const {
    const TrainingLog log = read(text);
    const std::uint64_t lines = std::count(text.begin(), text.end(), '\n');
    EXPECT_EQ(log.notes.size(), log.lines < lines);
    return lines - log.lines;
  }

  ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / "metrics.jsonl";
};

TEST_F(TrainingLogTest, KeepsSplitsOfEachSubnetworkApart) {
  const TrainingLog log =
      read(line("train-steps", 1, 1, 50, R"(, "loss": 2, "lr": 0.1, "top_5": 0.5)") +
           line("train", 0, 1, 60, R"(, "loss": 1.5, "lr": 0.05)") + line("train", 1, 1, 60, kAll) +
           line("valid", 0, 1, 60, R"(, "loss": null, "lr": 0.05, "f1": 0.75)"));
  ASSERT_EQ(log.subnetworks.size(), 2u);
  EXPECT_EQ(log.lines, 3u);
  EXPECT_THAT(log.notes,
              ElementsAre(HasSubstr("metrics.jsonl: 1 line is not what train.py writes")));
  const SubnetworkLog &zero = log.subnetworks[0], &one = log.subnetworks[1];
  EXPECT_EQ(one.metric, "top_5");
  ASSERT_EQ(one.steps.size(), 1u);
  EXPECT_EQ(one.steps[0].epoch, 1u);
  EXPECT_EQ(one.steps[0].step, 50u);
  EXPECT_EQ(one.steps[0].loss, 2);
  EXPECT_EQ(one.steps[0].metric, 0.5);
  EXPECT_EQ(one.steps[0].rate, 0.1);
  EXPECT_TRUE(one.epochs.empty());  // its line had another metric
  ASSERT_EQ(zero.epochs.size(), 1u);
  EXPECT_TRUE(std::isnan(zero.epochs[0].metric));  // said later
  ASSERT_EQ(zero.held_out.size(), 1u);
  EXPECT_TRUE(std::isnan(zero.held_out[0].loss));
  EXPECT_EQ(zero.held_out[0].metric, 0.75);
  EXPECT_EQ(zero.metric, "f1");
}

TEST_F(TrainingLogTest, MissingValuesAreNaN) {
  const TrainingLog log = read(line("train", 0, 1, 5, ""));
  const LogPoint& point = log.subnetworks[0].epochs.at(0);
  EXPECT_TRUE(std::isnan(point.loss) && std::isnan(point.metric) && std::isnan(point.rate));
}

TEST_F(TrainingLogTest, LinesThatTrainPyCannotHaveWrittenAreLeftOut) {
  const std::string good = line("train", 0, 2, 20, kAll);
  EXPECT_EQ(left_out(good), 0u);
  for (const std::string& bad : {std::string("{}\n"),
                                 std::string("\n"),
                                 std::string("[]\n"),
                                 std::string("nonsense\n"),
                                 std::string("\0\n", 2),
                                 std::string(5000, 'x') + "\n",
                                 std::string(100000, '[') + "\n",
                                 line("test", 0, 3, 30, kAll),
                                 line("train", 2, 3, 30, kAll),
                                 line("train", -1, 3, 30, kAll),
                                 line("train", 0, 0, 30, kAll),
                                 line("train", 0, kEpochs + 1, 30, kAll),
                                 line("train", 0, 3, -1, kAll),
                                 line("train", 0, 1, 30, kAll),
                                 line("train", 0, 3, 19, kAll),
                                 line("train", 0, 2, 20, kAll),
                                 line("train", 0, 3, 30, R"(, "loss": "a")"),
                                 line("train", 0, 3, 30, R"(, "loss": 1e999)"),
                                 line("train", 0, 3, 30, R"(, "lr": [1])"),
                                 line("train", 0, 3, 30, R"(, "f1": 1)"),
                                 line("train", 0, 3, 30, R"(, "f1": 1, "top_1": 1)"),
                                 line("train", 0, 3, 30, R"(, "loss": 1, "loss": 2)")}) {
    EXPECT_EQ(left_out(good + bad), 1u) << bad.substr(0, 100);
    EXPECT_EQ(read(good + bad + line("train", 0, 4, 40, kAll)).subnetworks[0].epochs.size(), 2u);
  }
}

TEST_F(TrainingLogTest, TheLastLineNeedsNoEnd) {
  std::string text = line("valid", 1, 3, 9, kAll);
  text.pop_back();
  EXPECT_EQ(read(text).subnetworks[1].held_out.size(), 1u);
}

TEST_F(TrainingLogTest, AFileOfSuchLinesIsLeft) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "{}\n";
  const TrainingLog log = read(text + line("train", 0, 1, 1, kAll));
  EXPECT_EQ(log.lines, 0u);
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("1000 lines are not what train.py writes, and left "
                                               "out; the rest was not read")));
}

TEST_F(TrainingLogTest, WhatIsNoFileOrTooLargeIsRefused) {
  const auto refusal = [&](const std::filesystem::path& path) {
    return refusal_of([&] { read_training_log(path, 1, 1); });
  };
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("is no file of at most 64 MiB"));
  EXPECT_THAT(refusal(folder_ / "none"), HasSubstr("is no file of at most 64 MiB"));
  write_text(path_, "");
  std::filesystem::resize_file(path_, (std::size_t{64} << 20) + 1);
  EXPECT_THAT(refusal(path_), HasSubstr("is no file of at most 64 MiB"));
}

}  // namespace
}  // namespace amalgam
