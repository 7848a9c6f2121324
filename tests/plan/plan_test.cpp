#include "plan/plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "seeds.h"

namespace amalgam {
namespace {

TaskShape task(std::string fingerprint, std::uint64_t rows, std::uint64_t width = 5,
               std::uint64_t held_out = 0) {
  return {std::move(fingerprint),
          "",
          {{Role::kFeature, DType::kUInt8, width}, {Role::kTarget, DType::kInt64, 1}},
          rows,
          held_out};
}

RC_GTEST_PROP(Plan, EveryColumnHasOneOwnerInAscendingOrder, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  std::vector<TaskShape> tasks;
  for (std::size_t i = 0; i < count; ++i)
    tasks.push_back(task(std::to_string(i), *rc::gen::inRange(2, 40), *rc::gen::inRange(1, 50)));
  const Plan plan = draw_plan(seed_of(*rc::gen::arbitrary<std::uint8_t>()), tasks, {20, 0});
  std::vector<std::uint64_t> all;
  for (const Stream& stream : plan.streams) {
    const Positions& p = stream.fields[0].positions;
    RC_ASSERT(p.size() == tasks[stream.task].fields[0].width);
    RC_ASSERT(std::is_sorted(p.begin(), p.end()));
    all.insert(all.end(), p.begin(), p.end());
  }
  std::sort(all.begin(), all.end());
  std::vector<std::uint64_t> expected(plan.columns.at({Role::kFeature, DType::kUInt8}));
  std::iota(expected.begin(), expected.end(), std::uint64_t{0});
  RC_ASSERT(all == expected);
}

RC_GTEST_PROP(Plan, ShortStreamsRepeatWholeTimesAndLongOnesAreSampled, ()) {
  const auto own = *rc::gen::inRange<std::uint64_t>(2, 60),
             rows = *rc::gen::inRange<std::uint64_t>(2, 200);
  const Plan plan = draw_plan(seed_of(1), {task("a", own)}, {rows, 0});
  std::map<std::uint64_t, std::uint64_t> counts;
  for (std::uint64_t row : plan.streams[0].rows) ++counts[row];
  RC_ASSERT(plan.streams[0].rows.size() == rows);
  for (const auto& [row, count] : counts) {
    RC_ASSERT(row < own);
    RC_ASSERT(count == rows / own || count == rows / own + 1);
  }
  if (rows >= own) RC_ASSERT(counts.size() == own);
}

TEST(Plan, RowsDependOnTheTaskAlone) {
  const Plan alone = draw_plan(seed_of(1), {task("a", 50)}, {50, 0});
  const Plan among = draw_plan(seed_of(1), {task("b", 9), task("a", 50), task("c", 70)}, {50, 0});
  for (const Stream& stream : among.streams) {
    if (stream.task == 1) {
      EXPECT_EQ(stream.rows, alone.streams[0].rows);
    }
  }
}

TEST(Plan, OrderOfTheListDecidesNothing) {
  const Plan one = draw_plan(seed_of(3), {task("a", 50), task("b", 40, 7), task("c", 30)}, {50, 5});
  const Plan two = draw_plan(seed_of(3), {task("c", 30), task("a", 50), task("b", 40, 7)}, {50, 5});
  const std::size_t renamed[] = {1, 2, 0};
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(renamed[one.streams[k].task], two.streams[k].task);
    for (std::size_t f = 0; f < 2; ++f)
      EXPECT_EQ(one.streams[k].fields[f].positions, two.streams[k].fields[f].positions);
    EXPECT_EQ(one.streams[k].rows, two.streams[k].rows);
    EXPECT_EQ(one.streams[k].held_out, two.streams[k].held_out);
  }
}

TEST(Plan, EqualTasksGetOrdersOfTheirOwn) {
  const Plan plan = draw_plan(seed_of(4), {task("a", 50), task("a", 50)}, {50, 0});
  EXPECT_NE(plan.streams[0].rows, plan.streams[1].rows);
}

TEST(Plan, AnotherSeedIsAnotherPlan) {
  const auto rows = [](std::uint8_t s) {
    return draw_plan(seed_of(s), {task("a", 50)}, {50, 0}).streams[0].rows;
  };
  EXPECT_NE(rows(1), rows(2));
}

TEST(Plan, HeldOutRowsNeverTrain) {
  const Plan plan = draw_plan(seed_of(5), {task("a", 100), task("b", 100, 5, 40)}, {60, 40});
  for (const Stream& stream : plan.streams) {
    EXPECT_EQ(stream.held_out.size(), 40u);
    EXPECT_EQ(stream.held_out_from_training, stream.task == 0);
    if (!stream.held_out_from_training) continue;
    const std::set<std::uint64_t> held(stream.held_out.begin(), stream.held_out.end());
    EXPECT_EQ(held.size(), 20u) << "at most a fifth is set aside";
    for (std::uint64_t row : stream.rows) EXPECT_FALSE(held.count(row));
  }
}

// 400 plans of two equal streams: where the first column goes is a fair coin (binomial, p > .001).
TEST(Plan, PositionsAreUniform) {
  int first = 0;
  for (int s = 0; s < 400; ++s) {
    Secret own(kSeedBytes);
    store_le<int>(own.mutable_bytes(), 0, s);
    const Plan plan = draw_plan(own, {task("a", 2), task("b", 2)}, {2, 0});
    for (const Stream& stream : plan.streams)
      if (stream.fields[0].positions.front() == 0 && stream.task == 0) ++first;
  }
  EXPECT_NEAR(first, 200, 33);
}

TaskShape question(std::string name, std::uint64_t shared_target, std::uint64_t held_out = 0) {
  TaskShape shape = task(std::move(name), 50, 6, held_out);
  shape.row_order = "ab";
  shape.fields[0].shared = 7;
  shape.fields[1].shared = shared_target;
  return shape;
}

TEST(Plan, WhatTasksHaveInCommonIsOneSetOfColumnsInOneOrder) {
  const std::vector<TaskShape> tasks = {question("a", 0, 9), task("b", 50, 4), question("c", 9, 9),
                                        question("d", 9, 9)};
  const Plan plan = draw_plan(seed_of(6), tasks, {50, 9});
  EXPECT_EQ(plan.columns.at({Role::kFeature, DType::kUInt8}), 6u + 4u);
  EXPECT_EQ(plan.columns.at({Role::kTarget, DType::kInt64}), 1u + 1u + 1u);
  const Stream* first = nullptr;
  std::size_t fill = 0;
  std::set<Positions> targets;
  for (const Stream& stream : plan.streams) {
    fill += stream.fields[0].filling.columns.size();
    targets.insert(stream.fields[1].positions);
    if (stream.task == 1) continue;
    if (!first) first = &stream;
    EXPECT_EQ(stream.fields[0].positions, first->fields[0].positions);
    EXPECT_EQ(stream.rows, first->rows);
    EXPECT_EQ(stream.held_out, first->held_out);
  }
  EXPECT_EQ(fill, 10u) << "each column is filled once";
  EXPECT_EQ(targets.size(), 3u) << "those of 'c' and 'd' are one";
}

TEST(Plan, RowsInCommonAreInTheOrderThatATaskAloneHas) {
  TaskShape alone = question("a", 0);
  alone.fields[0].shared = 0;
  const Plan one = draw_plan(seed_of(6), {alone}, {50, 0});
  const Plan both = draw_plan(seed_of(6), {question("a", 0), question("c", 0)}, {50, 0});
  EXPECT_EQ(both.streams[0].rows, one.streams[0].rows);
  EXPECT_EQ(both.streams[1].rows, one.streams[0].rows);
}

TEST(Plan, TokensInCommonHaveCommonNumbers) {
  std::vector<TaskShape> tasks = {question("a", 0), question("c", 0)};
  for (TaskShape& shape : tasks) shape.fields[0].vocabulary = 40;
  const Plan plan = draw_plan(seed_of(6), tasks, {50, 0});
  EXPECT_EQ(plan.streams[0].numbers.size(), 40u);
  EXPECT_EQ(plan.streams[0].numbers, plan.streams[1].numbers);
}

TaskShape sharing(std::string name, std::uint64_t width, std::uint64_t borrowed, bool scattered) {
  TaskShape shape = task(std::move(name), 20, width);
  shape.fields[0].borrowed = borrowed;
  shape.fields[0].scattered = scattered;
  return shape;
}

RC_GTEST_PROP(Plan, BorrowedColumnsAreAnothers, ()) {
  const auto width = *rc::gen::inRange<std::uint64_t>(1, 40);
  const auto borrowed = *rc::gen::inRange<std::uint64_t>(0, width + 1);
  const bool scattered = *rc::gen::arbitrary<bool>();
  const std::vector<TaskShape> tasks = {sharing("a", 40, 0, false),
                                        sharing("b", width, borrowed, scattered)};
  const Plan plan = draw_plan(seed_of(*rc::gen::arbitrary<std::uint8_t>()), tasks, {20, 0});
  RC_ASSERT(plan.columns.at({Role::kFeature, DType::kUInt8}) == 40 + width - borrowed);
  std::vector<std::uint64_t> filled;
  for (const Stream& stream : plan.streams) {
    const auto& [reads, filling] = stream.fields[0];
    const Positions& fills = filling.columns;
    RC_ASSERT(reads.size() == tasks[stream.task].fields[0].width);
    RC_ASSERT(std::is_sorted(reads.begin(), reads.end()));
    RC_ASSERT(std::adjacent_find(reads.begin(), reads.end()) == reads.end());
    filled.insert(filled.end(), fills.begin(), fills.end());
    if (scattered && stream.task == 1) continue;
    RC_ASSERT(std::includes(reads.begin(), reads.end(), fills.begin(), fills.end()));
    // Each column holds the element that the stream reads there.
    for (std::size_t i = 0; i < fills.size(); ++i) {
      const auto& elements = filling.elements;
      RC_ASSERT(reads[elements.empty() ? i : elements[i]] == fills[i]);
    }
  }
  std::sort(filled.begin(), filled.end());
  for (std::size_t i = 0; i < filled.size(); ++i) RC_ASSERT(filled[i] == i);
}

RC_GTEST_PROP(Plan, LinksRunForwardIntoTasksThatMayReceive, ()) {
  std::vector<TaskShape> tasks;
  const auto receivers = *rc::gen::inRange<std::size_t>(1, 5);
  const auto others = *rc::gen::inRange<std::size_t>(2, 4);
  for (std::size_t i = 0; i < receivers + others; ++i) {
    tasks.push_back(task(std::to_string(i), 20));
    tasks.back().may_receive = i < receivers;
  }
  const auto links = *rc::gen::inRange<std::uint64_t>(1, 12);
  const Plan plan = draw_plan(seed_of(*rc::gen::arbitrary<std::uint8_t>()), tasks, {20, 0, links});
  RC_ASSERT(plan.links.size() == links);
  std::set<std::size_t> receiving;
  for (const Link& link : plan.links) {
    RC_ASSERT(link.from < link.to);
    RC_ASSERT(tasks[plan.streams[link.to].task].may_receive);
    receiving.insert(link.to);
  }
  RC_ASSERT(tasks.size() - receiving.size() >= 2);
  RC_ASSERT(receiving.size() == std::min<std::size_t>({receivers, links, tasks.size() - 2}));
}

TEST(Plan, LinksNeedAReceiverAndTwoOthers) {
  TaskShape receiver = task("b", 20);
  receiver.may_receive = true;
  EXPECT_THROW(draw_plan(seed_of(1), {task("a", 20), receiver}, {20, 0, 1}), Error);
  EXPECT_THROW(draw_plan(seed_of(1), {task("a", 20), task("b", 20), task("c", 20)}, {20, 0, 1}),
               Error);
}

}  // namespace
}  // namespace amalgam
