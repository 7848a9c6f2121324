#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "refusals.h"

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

TEST(Json, NamesTheLimitOnDepth) {
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  for (const auto& parse_it : {+[](const std::string& t) { parse(t); },
                               +[](const std::string& t) { parse_json_string(t, "test"); }}) {
    EXPECT_THAT(refusal_of([&] { parse_it(deep); }), testing::HasSubstr("the limit on"));
  }
}

TEST(Json, AStringThatIsNoJsonIsNothing) {
  EXPECT_FALSE(parse_json_string("collections.OrderedDict", "test"));
  EXPECT_EQ(parse_json_string("[1, {\"a\": null}]", "test"), parse("[1,{\"a\":null}]"));
}

TEST(Json, RefusesDuplicatesAmongManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i)
    text += "\"" + std::to_string(i) + "\":[" + std::to_string(i) + "],";
  EXPECT_EQ(parse(text + "\"x\":0}").size(), 101u);
  EXPECT_EQ(parse(text + "\"x\":0}")["57"][0], 57);
  EXPECT_THROW(parse(text + "\"57\":0}"), Error);
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
