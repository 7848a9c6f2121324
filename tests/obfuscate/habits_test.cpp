#include "obfuscate/habits.h"

#include <gtest/gtest.h>

#include "datasets.h"

namespace amalgam {
namespace {

TEST(Balanced, UpToOneRow) {
  Dataset data = table_of({1, 2, 3, 4, 5, 6, 7}, 1);
  add_labels(data, {0, 1, 2, 0, 1, 2, 2});
  EXPECT_EQ(balanced(data, all_rows(data)), true);
  const std::vector<std::uint64_t> uneven = {0, 2, 5, 6};
  EXPECT_EQ(balanced(data, uneven), false);
}

TEST(Balanced, NothingWithoutSeveralClasses) {
  Dataset data = table_of({1, 2, 3}, 1);
  EXPECT_EQ(balanced(data, all_rows(data)), std::nullopt);
  add_labels(data, {4, 4, 1});
  const std::vector<std::uint64_t> same = {0, 1};
  EXPECT_EQ(balanced(data, same), std::nullopt);
}

TEST(Repeats, OfAllFeaturesAndNotOfLabels) {
  Dataset data = table_of({1, 2, 1, 2, 1, 3, 1, 2}, 2);
  data.add({"z", tensor_of<std::int64_t>(DType::kInt64, {5, 5, 5, 6}), Role::kFeature});
  add_labels(data, {0, 1, 2, 3});
  RowKeys keys;
  EXPECT_EQ(repeats(keys.of(data), all_rows(data)), 1u);
  const std::vector<std::uint64_t> others = {1, 2, 3};
  EXPECT_EQ(repeats(keys.of(data), others), 0u);
}

}  // namespace
}  // namespace amalgam
