#include "curves/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace amalgam {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kLeast = std::numeric_limits<double>::denorm_min();

TEST(Scale, PlacesBetweenTheEnds) {
  const Scale scale = Scale::linear({-1, 3});
  EXPECT_EQ(scale.place(-1), 0);
  EXPECT_EQ(scale.place(0), 0.25);
  EXPECT_EQ(scale.place(3), 1);
  EXPECT_THAT(scale.ticks(5), ElementsAre(-1, 0, 1, 2, 3));
}

TEST(Scale, RatesThatAreFarApartAreInPowersOfTen) {
  const Scale scale = Scale::of_rates({1e-5, 0.1});
  EXPECT_TRUE(scale.logarithmic());
  EXPECT_THAT(scale.place(1e-3), DoubleNear(0.5, 1e-12));
  EXPECT_THAT(scale.ticks(6),
              ElementsAre(DoubleNear(1e-5, 1e-15), DoubleNear(1e-4, 1e-15), DoubleNear(1e-3, 1e-15),
                          DoubleNear(1e-2, 1e-15), DoubleNear(0.1, 1e-15)));
  EXPECT_FALSE(Scale::of_rates({0, 0.1}).logarithmic());
  EXPECT_FALSE(Scale::of_rates({-1, 0.1}).logarithmic());
  EXPECT_FALSE(Scale::of_rates({0.01, 0.1}).logarithmic());
}

TEST(Scale, OneValueStandsInTheMiddle) {
  for (const double value : {0.0, 1.0, -3.0, 1e300, -1e-300}) {
    const Scale scale = Scale::linear({value, value});
    EXPECT_THAT(scale.place(value), DoubleNear(0.5, 1e-6)) << value;
  }
}

// What a hostile file may say has a place, too, and few ticks.
TEST(Scale, HoldsWhateverIsFinite) {
  const double values[] = {-kLargest, -1e300, -1,        -kLeast, 0,       kLeast,
                           1e-300,    1,      1 + 1e-15, 1e300,   kLargest};
  for (const double least : values)
    for (const double most : values) {
      if (least > most) continue;
      for (const Scale& scale : {Scale::linear({least, most}), Scale::of_rates({least, most})}) {
        for (const double value : {least, most}) {
          const double place = scale.place(value);
          EXPECT_TRUE(place >= 0 && place <= 1) << least << " " << most << " " << place;
        }
        const std::vector<double> ticks = scale.ticks(6);
        EXPECT_LE(ticks.size(), 10u) << least << " " << most;
        for (const double tick : ticks) EXPECT_TRUE(std::isfinite(tick)) << least << " " << most;
        EXPECT_TRUE(std::is_sorted(ticks.begin(), ticks.end()));
      }
    }
}

TEST(Scale, TicksAreShort) {
  EXPECT_EQ(tick_text(0.30000000000000004), "0.3");
  EXPECT_EQ(tick_text(2.5), "2.5");
  EXPECT_EQ(tick_text(1e-5), "1e-05");
}

}  // namespace
}  // namespace amalgam
