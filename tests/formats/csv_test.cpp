#include "formats/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/utf8.h"
#include "refusals.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::string& text) {
  return refusal_of([&] { parse_csv(text, "t.csv"); });
}

TEST(Csv, CellsMayBeQuoted) {
  EXPECT_THAT(parse_csv("a,\"b, c\"\r\n\"x \"\"y\"\"\",\"two\nlines\"", "t.csv").rows,
              ElementsAre(CsvRow{"a", "b, c"}, CsvRow{"x \"y\"", "two\nlines"}));
  EXPECT_THAT(parse_csv("a \"b\" c,d\n\n,\n", "t.csv").rows,
              ElementsAre(CsvRow{"a \"b\" c", "d"}, CsvRow{"", ""}));
  EXPECT_THAT(parse_csv("", "t.csv").rows, ElementsAre());
}

TEST(Csv, NamesTheRowThatIsWrong) {
  EXPECT_THAT(refusal("a,b\nc\n"), HasSubstr("t.csv: row 2 has 1 column, but the first row has 2"));
  EXPECT_THAT(refusal("a,b\nc,\"d\n"), HasSubstr("row 2: a quote is never closed"));
  EXPECT_THAT(refusal("a\n" + std::string(2 << 20, 'x')), HasSubstr("row 2 is longer than a meg"));
  // Far longer, and refused before all of it is read.
  EXPECT_THAT(refusal("\"" + std::string(8 << 20, '\n')), HasSubstr("row 1 is longer than a meg"));
}

TEST(Csv, CountsRowsAsSpreadsheetsDoAndLinesAsEditorsDo) {
  const auto rows = [](const char* text) {
    std::vector<std::uint64_t> found;
    for (const RowPlace& place : parse_csv(text, "t.csv").places) found.push_back(place.row);
    return found;
  };
  EXPECT_THAT(rows("a\nb\nc"), ElementsAre(1, 2, 3));
  EXPECT_THAT(rows("a\n\n\nb\n"), ElementsAre(1, 4));
  EXPECT_THAT(rows("a\r\nb\r\n\r\nc\r\n"), ElementsAre(1, 2, 4));
  EXPECT_THAT(rows("\r\n\r\na\r\n"), ElementsAre(3));
  EXPECT_THAT(rows("\"two\nlines\"\n\nb"), ElementsAre(1, 3));
  EXPECT_THAT(refusal("a,b\r\n\r\nc\r\n"), HasSubstr("row 3 has 1 column"));
}

TEST(Csv, SaysTheLineWhereCellsHaveSeveral) {
  const auto lines = [](const char* text) {
    std::vector<std::uint64_t> found;
    for (const RowPlace& place : parse_csv(text, "t.csv").places) found.push_back(place.line);
    return found;
  };
  EXPECT_THAT(lines("a\nb\n\nc"), ElementsAre(1, 2, 4));
  EXPECT_THAT(lines("\"x\ny\r\nz\rw\",\"\n\"\n\nb,c"), ElementsAre(1, 7));
  EXPECT_THAT(refusal("a,\"two\nlines\"\nb\n"), HasSubstr("row 2 (line 3) has 1 column"));
  EXPECT_THAT(refusal("\"two\nlines\"\n\"open"), HasSubstr("row 2 (line 3): a quote is never"));
}

TEST(Utf8, FindsWhatIsNoCharacter) {
  for (const char* good : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"})
    EXPECT_FALSE(find_invalid_utf8(good)) << good;
  for (const char* bad : {"ab\xE9", "ab\xC0\xAF", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80",
                          "ab\xE2\x82", "ab\x80", "ab\xF0\x80\x80\x80", "ab\xC3\xC3"})
    EXPECT_EQ(find_invalid_utf8(bad), 2u) << bad;
}

}  // namespace
}  // namespace amalgam
