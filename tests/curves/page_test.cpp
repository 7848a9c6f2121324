#include "curves/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "curves/chart.h"

namespace amalgam {
namespace {

using testing::HasSubstr;
using testing::Not;

CurvePoints points(std::size_t count, double first) {
  CurvePoints made;
  for (std::size_t i = 0; i < count; ++i) {
    made.epochs.push_back(static_cast<double>(i + 1));
    made.steps.push_back(40.0 * static_cast<double>(i + 1));
    made.loss.push_back(first / static_cast<double>(i + 1));
    made.metric.push_back(1 - made.loss.back() / (2 * first));
    made.rates.push_back(std::pow(0.1, 1.0 + static_cast<double>(i)));
  }
  return made;
}

CurvesResult result() {
  TaskCurves task{"digits", "accuracy", true, points(3, 2), {}, points(3, 4)};
  return {{task}, 5, {}};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(Page, HasEachQuantityWithItsAxes) {
  const std::string page = curves_page(result());
  EXPECT_THAT(page, HasSubstr("<h2>digits <small>epochs 1 to 3 of 5, 120 batches</small></h2>"));
  EXPECT_EQ(count(page, "<svg"), 3u);
  EXPECT_EQ(count(page, ">batches of training<"), 3u);
  EXPECT_THAT(page, HasSubstr(">learning rate, log scale<"));
  EXPECT_THAT(page,
              HasSubstr("<td>loss, held out</td><td>4</td><td>1.333</td><td>3</td><td>1.333"));
  EXPECT_THAT(page, HasSubstr("<td>accuracy, training</td><td>0.5</td>"));
  EXPECT_THAT(page,
              HasSubstr("<td>learning rate</td><td>0.1</td><td></td><td></td><td>0.001</td>"));
  EXPECT_THAT(page, HasSubstr("<title>held out, epoch 2, batch 80: 2</title>"));
}

TEST(Page, FetchesAndRunsNothing) {
  const std::string page = curves_page(result());
  EXPECT_FALSE(std::regex_search(page, std::regex("//|<script|@import|url\\(|\\son[a-z]+=")));
  EXPECT_EQ(count(page, "href="), 1u);
  EXPECT_THAT(page, HasSubstr(R"(href="data:,")"));
}

TEST(Page, WhatIsFromOutsideIsEscaped) {
  CurvesResult hostile = result();
  hostile.tasks[0].name = hostile.tasks[0].metric = R"(<script>"&)";
  hostile.notes = {"a\x1b</p><b>\"\xff\n"};
  const std::string page = curves_page(hostile);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_EQ(count(page, R"(aria-label="&lt;script&gt;&quot;&amp; of &lt;)"), 1u);
}

TEST(Page, ATaskOfWhichNothingIsSaid) {
  const std::string page = curves_page({{TaskCurves{"one", "", std::nullopt, {}, {}, {}}}, 5, {}});
  EXPECT_THAT(page, HasSubstr("<small>nothing is said of it</small>"));
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
}

std::string drawn(const std::vector<double>& values) {
  Curve curve;
  for (std::size_t i = 0; i < values.size(); ++i) {
    curve.epochs.push_back(1);
    curve.steps.push_back(static_cast<double>(i));
    curve.values.push_back(values[i]);
  }
  const std::string svg =
      chart_svg({"t", "loss", false, {{"training", "train", &curve, true}}}, {});
  // No regular expression: that of the standard library recurses for each character.
  const std::size_t path = svg.find("<path");
  const std::size_t begin = path == svg.npos ? svg.npos : svg.find(" d=\"", path);
  if (begin == svg.npos) return svg;
  return svg.substr(begin + 4, svg.find('"', begin + 4) - begin - 4);
}

TEST(Chart, WhatIsNotFiniteIsAGap) {
  EXPECT_EQ(count(drawn({1, 2, NAN, 3, 4}), "M"), 2u);
  EXPECT_EQ(count(drawn({1, NAN, 2}), "M"), 2u);
  EXPECT_EQ(drawn({NAN, INFINITY}), "<p>t: no value is finite.</p>");
}

TEST(Chart, LongLinesKeepTheirExtremes) {
  std::vector<double> values(1'000'000, 0.0);
  values[123'456] = 1;
  values[777'777] = -1;
  values[500'000] = NAN;
  const std::string path = drawn(values);
  EXPECT_LT(path.size(), 50'000u);
  EXPECT_EQ(count(path, " 34.0L"), 1u);   // the top of the plot
  EXPECT_EQ(count(path, " 210.0L"), 1u);  // its bottom
  EXPECT_EQ(count(path, "M"), 1u);
}

TEST(Chart, NumbersAtTheEdgeOfWhatThereIs) {
  for (const auto& values :
       {std::vector<double>{-1.7e308, 1.7e308}, {5e-324, 1e-323}, {0, 0}, {1e308}})
    EXPECT_THAT(drawn(values), Not(testing::AnyOf(HasSubstr("nan"), HasSubstr("inf"))))
        << values[0];
}

}  // namespace
}  // namespace amalgam
