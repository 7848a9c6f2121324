#include "base/printable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "refusals.h"

namespace amalgam {
namespace {

TEST(Printable, PlainTextStays) {
  for (const char* text :
       {"", "digits.npz: x", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "a\\b"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ControlCharactersBecomeEscapes) {
  EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(printable("\x1b[2J\x07\x7f"), "\\x1b[2J\\x07\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u009b31m");                                        // the one-byte form of ESC [
  EXPECT_EQ(printable("\xE2\x80\xAEgpj.exe"), "\\u202egpj.exe");  // right to left
  EXPECT_EQ(printable("\xE2\x81\xA6"), "\\u2066");
  EXPECT_EQ(printable("\xE2\x80\xA8"), "\\u2028");          // a line's end
  EXPECT_EQ(printable("\xF3\xA0\x81\x81"), "\\U000e0041");  // shows nothing
}

TEST(Printable, BytesThatAreNotUtf8BecomeEscapes) {
  EXPECT_EQ(printable("\xFF\xFE"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xC0\x8A"), "\\xc0\\x8a");           // a longer form of a line's end
  EXPECT_EQ(printable("\xE2\x82"), "\\xe2\\x82");           // cut
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // half of a pair
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(Printable, LongTextsLoseTheirMiddle) {
  const std::string text = "begin" + std::string(1'000'000, 'x') + "end";
  const std::string shown = printable(text);
  EXPECT_LT(shown.size(), kMostShown + 100);
  EXPECT_TRUE(shown.starts_with("beginx"));
  EXPECT_TRUE(shown.ends_with("xend"));
  std::string signs;
  for (int i = 0; i < 2000; ++i) signs += "\xE2\x82\xAC";
  EXPECT_EQ(printable(signs).find("\\x"), std::string::npos);  // none is cut
}

TEST(Printable, JsonStaysTheSameValue) {
  const nlohmann::json value = {{"a\x7f", "\xE2\x80\xAE\xC2\x9B\n\xF3\xA0\x81\x81"}};
  const std::string shown = printable_json(value.dump(2));
  EXPECT_EQ(nlohmann::json::parse(shown), value);
  EXPECT_EQ(shown.find('\x7f'), std::string::npos);
  EXPECT_EQ(shown.find("\xE2\x80\xAE"), std::string::npos);
}

TEST(Printable, ErrorsAreAlwaysPrintable) {
  const Error error(ErrorCode::kInvalid, "a\x1b]0;x\x07",
                    "tensor '" + std::string(1 << 20, 'w') + "'\n");
  EXPECT_EQ(error.findings()[0].where, "a\\x1b]0;x\\x07");
  EXPECT_LT(std::string(error.what()).size(), 4000U);
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
}

TEST(Printable, ErrorsHaveAtMostTwentyLines) {
  Findings findings;
  for (int i = 0; i < 1000; ++i) findings.add(ErrorCode::kInvalid, "f", "x");
  const auto error = error_of([&] { findings.raise(); });
  ASSERT_TRUE(error);
  const std::string text = error->what();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 19);
  EXPECT_TRUE(text.ends_with("and 981 more"));
  EXPECT_EQ(error->findings().size(), 1000U);
}

}  // namespace
}  // namespace amalgam
