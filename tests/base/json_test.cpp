#include "base/json.h"

#include <gtest/gtest.h>

namespace amalgam {
namespace {

Json parse(std::string_view text) { return parse_json(as_bytes(text), "test"); }

TEST(Json, RefusesDuplicateKeysAtAnyDepth) {
  EXPECT_THROW(parse(R"({"a":1,"a":2})"), Error);
  EXPECT_THROW(parse(R"({"b":[{"a":1,"a":2}]})"), Error);
  EXPECT_NO_THROW(parse(R"({"b":[{"a":1},{"a":2}]})"));
}

TEST(Json, RefusesBracketBombs) {
  EXPECT_THROW(parse(std::string(100'000, '[')), Error);
  EXPECT_NO_THROW(parse(R"({"a":"[[[[[[\"[["})"));
}

TEST(Json, RefusesWhatIsCutShort) {
  EXPECT_THROW(parse(R"({"a":)"), Error);
  EXPECT_THROW(parse(""), Error);
}

TEST(Json, NumbersMustBeWholeAndNotNegative) {
  EXPECT_EQ(json_unsigned(parse("7"), "x"), 7u);
  EXPECT_THROW(json_unsigned(parse("-7"), "x"), Error);
  EXPECT_THROW(json_unsigned(parse("7.5"), "x"), Error);
}

}  // namespace
}  // namespace amalgam
