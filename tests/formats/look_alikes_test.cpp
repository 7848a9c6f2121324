#include "formats/look_alikes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace amalgam {
namespace {

using testing::HasSubstr;

TEST(LookAlikes, DifferByNormalisationAlone) {
  const std::pair<const char*, const char*> pairs[] = {
      {"caf\u00e9", "cafe\u0301"},
      {"\u1ea5", "a\u0302\u0301"},                               // two steps
      {"\u00e2\u0301", "\u1ea5"},                                // half composed
      {"\u1ea1\u0301", "\u00e1\u0323"},                          // marks in another order
      {"\u304c", "\u304b\u3099"},                                // kana
      {"\ud55c\uae00", "\u1112\u1161\u11ab\u1100\u1173\u11af"},  // Hangul
      {"\u212b", "\u00c5"}};                                     // one character for another
  for (const auto& [one, other] : pairs) {
    const auto wrong = find_look_alikes({"dog", one, other});
    ASSERT_TRUE(wrong) << one;
    EXPECT_THAT(*wrong, HasSubstr("which look the same"));
  }
  EXPECT_THAT(*find_look_alikes({"caf\u00e9", "cafe\u0301"}),
              HasSubstr("the classes 'caf\\u00e9' and 'cafe\\u0301', which look"));
}

TEST(LookAlikes, OthersAreNone) {
  EXPECT_FALSE(find_look_alikes({"cafe", "caf\u00e9", "cafe\u0302", "Caf\u00e9", "\xE9", "\xC3"}));
  EXPECT_FALSE(find_look_alikes({"\u00df", "ss", "\uff21", "A", "\ud55c", "\ud558"}));
  EXPECT_FALSE(find_look_alikes({}));
}

}  // namespace
}  // namespace amalgam
