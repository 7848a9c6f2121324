#include "base/json_reader.h"

#include <gmock/gmock.h>

#include "amalgam/error.h"

namespace amalgam {
namespace {

using testing::ElementsAre;

Json document() {
  return Json::parse(
      R"({"name": "a", "count": 3, "part": -0.5, "on": true, "none": null, "below": -2, "most": 18446744073709551615, "sizes": [1, 2], "words": ["x", "y"],
          "inner": {"list": [{"deep": "z"}]}})");
}

// What reading says where it fails.
template <typename Read>
std::string failure(const Read& read) {
  const Json json = document();
  try {
    read(JsonReader(json, "file"));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    return error.what();
  }
  return "nothing";
}

TEST(JsonReader, GivesWhatIsThere) {
  const Json json = document();
  const JsonReader file(json, "file");
  EXPECT_EQ(file["name"].text(), "a");
  EXPECT_EQ(file["count"].number(), 3u);
  EXPECT_EQ(file["count"].real(), 3);
  EXPECT_EQ(file["part"].real(), -0.5);
  EXPECT_EQ(file["below"].integer(), -2);
  EXPECT_EQ(file["count"].integer(), 3);
  EXPECT_TRUE(file["on"].flag());
  EXPECT_THAT(file["sizes"].numbers(), ElementsAre(1, 2));
  EXPECT_THAT(file["words"].texts(), ElementsAre("x", "y"));
  EXPECT_EQ(file["inner"].members().front().first, "list");
  EXPECT_EQ(file["inner"]["list"].elements()[0]["deep"].text(), "z");
}

TEST(JsonReader, FindsWhatMayBeAbsent) {
  const Json json = document();
  const JsonReader file(json, "file");
  EXPECT_TRUE(file.find("count"));
  EXPECT_FALSE(file.find("none")) << "null is nothing";
  EXPECT_FALSE(file.find("other"));
}

TEST(JsonReader, NamesThePlaceAndWhatWasExpected) {
  using Of = const JsonReader&;
  EXPECT_EQ(failure([](Of f) { (void)f["other"]; }), "file: lacks the field 'other'");
  EXPECT_EQ(failure([](Of f) { (void)f["count"].text(); }),
            "file/count: expected a string, found 3");
  EXPECT_EQ(failure([](Of f) { (void)f["part"].number(); }),
            "file/part: expected a whole number that is not negative, found -0.5");
  EXPECT_EQ(failure([](Of f) { (void)f["most"].integer(); }),
            "file/most: expected a whole number, found 18446744073709551615");
  EXPECT_EQ(failure([](Of f) { (void)f["name"].real(); }),
            "file/name: expected a number, found \"a\"");
  EXPECT_EQ(failure([](Of f) { (void)f["none"].flag(); }),
            "file/none: expected true or false, found null");
  EXPECT_EQ(failure([](Of f) { (void)f["inner"].elements(); }),
            "file/inner: expected a list, found object");
  EXPECT_EQ(failure([](Of f) { (void)f["sizes"].members(); }),
            "file/sizes: expected a JSON object, found array");
  EXPECT_EQ(failure([](Of f) { (void)f["sizes"].texts(); }),
            "file/sizes/0: expected a string, found 1");
  EXPECT_EQ(failure([](Of f) { (void)f["inner"]["list"].elements()[0]["deep"].flag(); }),
            "file/inner/list/0/deep: expected true or false, found \"z\"");
  EXPECT_EQ(failure([](Of f) { (void)f["sizes"].find("x"); }),
            "file/sizes: expected a JSON object, found array");
}

TEST(JsonReader, RefusesOtherMembers) {
  using Of = const JsonReader&;
  EXPECT_EQ(failure([](Of f) { f["inner"].only({"list"}); }), "nothing");
  EXPECT_EQ(failure([](Of f) {
              f["inner"].only({"list", "more"});
            }),
            "file/inner: lacks the field 'more'");
  EXPECT_EQ(failure([](Of f) { f["inner"].only({}); }),
            "file/inner: has the unknown field \"list\"");
}

}  // namespace
}  // namespace amalgam
