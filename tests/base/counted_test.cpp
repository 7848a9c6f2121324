#include "base/counted.h"

#include <gtest/gtest.h>

namespace amalgam {
namespace {

TEST(Counted, OneIsNoPlural) {
  EXPECT_EQ(counted(0, "row"), "0 rows");
  EXPECT_EQ(counted(1, "row"), "1 row");
  EXPECT_EQ(counted(2, "row"), "2 rows");
  EXPECT_EQ(counted(1, "class", "classes"), "1 class");
  EXPECT_EQ(counted(2, "class", "classes"), "2 classes");
  EXPECT_EQ(by_count(1, "is", "are"), "is");
  EXPECT_EQ(by_count(0, "is", "are"), "are");
}

}  // namespace
}  // namespace amalgam
