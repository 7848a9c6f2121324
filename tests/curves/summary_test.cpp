#include "curves/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double kNan = kNotANumber;

Curve curve(std::vector<double> values) {
  Curve made{{}, {}, std::move(values)};
  for (std::size_t i = 0; i < made.values.size(); ++i) {
    made.epochs.push_back(static_cast<double>(i + 1));
    made.steps.push_back(10.0 * static_cast<double>(i + 1));
  }
  return made;
}

CurvePoints points(const std::vector<double>& steps, const std::vector<double>& rates) {
  std::vector<double> epochs, loss(steps.size(), 1.0), metric(steps.size(), kNan);
  for (const double step : steps) epochs.push_back(std::ceil(step / 100));
  return {epochs, steps, loss, metric, rates};
}

TEST(Summary, FirstBestAndLast) {
  CurveSummary found = summary_of(curve({3, 1, kNan, 1, 2}), false);
  EXPECT_EQ(found.first, 3);
  EXPECT_EQ(found.best, 1);
  EXPECT_EQ(found.best_epoch, 2);  // the first of equals, as train.py keeps it
  EXPECT_EQ(found.last, 2);
  found = summary_of(curve({kNan, 1, 2, kNan}), true);
  EXPECT_TRUE(std::isnan(found.first) && std::isnan(found.last));
  EXPECT_EQ(found.best, 2);
  EXPECT_EQ(found.best_epoch, 3);
  EXPECT_TRUE(std::isnan(summary_of(curve({1, 2}), std::nullopt).best));
  EXPECT_TRUE(std::isnan(summary_of(curve({kNan}), true).best));
  EXPECT_TRUE(std::isnan(summary_of(curve({}), true).first));
}

TEST(Summary, TheRangeIsOfFiniteValues) {
  const Curve one = curve({kNan, 3, -1}), other = curve({7});
  EXPECT_EQ(range_of({&one, &other})->least, -1);
  EXPECT_EQ(range_of({&one, &other})->most, 7);
  const Curve none = curve({kNan});
  EXPECT_FALSE(range_of({&none}));
  EXPECT_FALSE(range_of({}));
}

TEST(Summary, RatesAreInTheOrderOfTheSteps) {
  TaskCurves task;
  task.train_steps = points({50, 100, 150}, {0.5, 0.4, 0.3});
  task.train = points({100, 200}, {0.4, kNan});
  const std::vector<Quantity> found = quantities_of(task);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_TRUE(found[1].rate);
  EXPECT_THAT(found[1].train.steps, ElementsAre(50, 100, 100, 150));
  EXPECT_THAT(found[1].train.values, ElementsAre(0.5, 0.4, 0.4, 0.3));
}

TEST(Summary, AMetricThatNobodyMeasuredIsNone) {
  TaskCurves task;
  EXPECT_THAT(quantities_of(task), IsEmpty());
  task.train = task.held_out = points({100, 200}, {kNan, kNan});
  task.metric = "accuracy";
  EXPECT_THAT(quantities_of(task), SizeIs(1));  // the loss alone
  task.held_out.metric = {0.5, 0.75};
  task.higher = true;
  const std::vector<Quantity> found = quantities_of(task);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[1].name, "accuracy");
  EXPECT_THAT(found[1].training().values, IsEmpty());
  EXPECT_THAT(found[1].held_out.values, ElementsAre(0.5, 0.75));
}

TEST(Summary, HowFarTheTrainingCame) {
  TaskCurves task;
  EXPECT_EQ(extent_of(task, 9), "nothing is said of it");
  task.train_steps = points({50}, {0.1});
  EXPECT_EQ(extent_of(task, 9), "in epoch 1 of 9, 50 batches");
  EXPECT_THAT(quantities_of(task)[0].training().steps, ElementsAre(50));
  task.train = points({100}, {0.1});
  EXPECT_EQ(extent_of(task, 9), "epoch 1 of 9, 100 batches");
  task.train = points({100, 200}, {0.1, 0.1});
  task.train_steps = points({50, 100, 150, 200, 250}, {0.1, 0.1, 0.1, 0.1, 0.1});
  EXPECT_EQ(extent_of(task, 9), "epochs 1 to 2 of 9, 250 batches");
  EXPECT_THAT(quantities_of(task)[0].training().steps, ElementsAre(100, 200));
}

}  // namespace
}  // namespace amalgam
