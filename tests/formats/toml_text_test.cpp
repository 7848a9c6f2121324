// A recipe's file as bytes: encodings, depth and size.
#include "formats/toml_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/recipe_files.h"

namespace amalgam {
namespace {

using testing::HasSubstr;

std::string repeat(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(TomlText, MarksAndLineEndsOfOtherSystemsAreRead) {
  const Recipe recipe = recipe_of("\xef\xbb\xbf[train]\r\nlr = 0.1\r\nepochs = 3\r\n");
  EXPECT_EQ(std::get<double>(recipe.train.arguments.at("lr")), 0.1);
  EXPECT_EQ(recipe.job.epochs, 3u);
}

TEST(TomlText, OtherEncodingsAreNamed) {
  using namespace std::string_literals;
  EXPECT_EQ(refusal_of("\xff\xfe[\0t\0]\0"s), "FILE: is UTF-16 text; save it as UTF-8");
  EXPECT_EQ(refusal_of("\xfe\xff\0[\0t\0]"s), "FILE: is UTF-16 text; save it as UTF-8");
  EXPECT_THAT(refusal_of("[\0t\0]\0"s), HasSubstr("zero byte"));
  EXPECT_THAT(refusal_of("[train]\nlr = 0.1 # \xe9t\xe9\n"), HasSubstr("FILE:2: is not UTF-8"));
  EXPECT_THAT(refusal_of("[train]\n\nlr = 0.1 # \xc0\x80\n"), HasSubstr("FILE:3: is not UTF-8"));
}

TEST(TomlText, DepthIsLimitedBeforeTheParserSeesIt) {
  const std::string deep[] = {
      repeat("a.", 100000) + "a = 1",
      "\n" + repeat("a . ", 17) + "a = 1",
      "[" + repeat("a.", 100000) + "a]",
      "[[" + repeat("\"a\".", 100000) + "a]]",
      "a = " + repeat("[", 100000),
      "a = " + repeat("[", 100000) + repeat("]", 100000),
      "a = " + repeat("{a=", 100000),
      "a = " + repeat("[{a=", 9) + "1",
      "x = { " + repeat("a.", 100000) + "a = 1 }",
      "x = [ '''b''''', { " + repeat("a.", 100000) + "a = 1 } ]",
      "x = [ \"\"\"b\\\"\"\"\"\", { " + repeat("a.", 100000) + "a = 1 } ]",
  };
  for (const std::string& text : deep)
    EXPECT_THAT(refusal_of(text), HasSubstr("nests more than 16 deep")) << text.substr(0, 30);
  EXPECT_THAT(refusal_of("\n\n[" + repeat("a.", 100) + "a]"), HasSubstr("FILE:3: "));
}

TEST(TomlText, ManyDotsAndBracketsSideBySideAreNotDeep) {
  EXPECT_EQ(recipe_of("[input]\nmean = [" + repeat("0.5, ", 1000) + "]").input.mean.size(), 1000u);
  EXPECT_EQ(recipe_of("# " + repeat("[.", 100) + "\n[train]\noutput = '" + repeat("{.", 100) +
                      "'\nloss = \"\"\"mse\"\"\"")
                .train.output.size(),
            200u);
  EXPECT_EQ(
      recipe_of("[train]\noutput = \"\"\"\n" + repeat("a.\n", 100) + "\\\"\"\"\"\n").job.epochs,
      1u);
}

TEST(TomlText, SizeIsLimited) {
  EXPECT_THAT(refusal_of("#" + std::string(kMaxTomlBytes, ' ')), HasSubstr("has at most 1048576"));
  EXPECT_EQ(refusal_of("#" + std::string(kMaxTomlBytes - 1, ' ')), "");
}

TEST(TomlText, WhatIsNoTomlHasALine) {
  for (const char* text :
       {"[train]\nlr = 0.1\nlr = 0.2", "[train]\nx = 1\nlr = ", "[train]\n\nlr 0.1",
        "[train]\nx = 1\nnesterov = True", "[train]\n\nseed = 9223372036854775808"})
    EXPECT_THAT(refusal_of(text), HasSubstr("FILE:3: is not valid TOML: ")) << text;
}

TEST(TomlText, HabitsOfOtherLanguagesAreAnswered) {
  const std::pair<const char*, const char*> habits[] = {
      {"lr: 0.1", "TOML writes name = value"},
      {"[[decoy]]\ndata = \"d.csv\"\n[decoy.data]\ntargets = \"b\"", "is path = "},
      {"nesterov = True", "true and false in small letters"},
      {"nesterov = False", "true and false in small letters"},
      {"lr = None", "leave out what has no value"},
      {"optimizer = adam", "strings stand in quotes"},
      {"lr = 0,1", "a decimal point"}};
  for (const auto& [text, cure] : habits)
    EXPECT_THAT(refusal_of(std::string("[train]\n") + text), HasSubstr(cure)) << text;
}

TEST(TomlText, WhatIsNoFileIsSaid) {
  for (const auto& [path, says] : {std::pair{"/nowhere/r.toml", "there is no such file"},
                                   {"/", "is a folder"},
                                   {"/dev/null", "is no regular file"}})
    EXPECT_THAT(refusal_of([&, at = path] { read_recipe(at); }), HasSubstr(says)) << path;
}

}  // namespace
}  // namespace amalgam
