#include "variants/balanced.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace amalgam {
namespace {

// Every way in which numbers may be drawn, one after another, each with its chance.
class EveryWay {
 public:
  std::uint64_t below(std::uint64_t bound) {
    if (at_ == drawn_.size()) drawn_.push_back({0, bound});
    return drawn_[at_++].value;
  }
  template <typename T>
  void shuffle(std::span<T>) {}  // an order says nothing of a set

  double chance() const {
    double chance = 1;
    for (const Draw& draw : drawn_) chance /= static_cast<double>(draw.bound);
    return chance;
  }
  bool next() {
    at_ = 0;
    while (!drawn_.empty() && drawn_.back().value + 1 == drawn_.back().bound) drawn_.pop_back();
    if (drawn_.empty()) return false;
    ++drawn_.back().value;
    return true;
  }

 private:
  struct Draw {
    std::uint64_t value, bound;
  };
  std::vector<Draw> drawn_;
  std::size_t at_ = 0;
};

// How often each form is had, and with what chance, where `own` is wanted.
std::map<std::vector<std::size_t>, double> sets(std::size_t own, std::size_t members,
                                                std::size_t count) {
  std::map<std::vector<std::size_t>, double> chances;
  EveryWay ways;
  do {
    std::vector<std::size_t> had(members, 0);
    ++had[own];
    const auto forms = draw_forms(own, members, count, ways);
    EXPECT_EQ(forms.size(), count);
    for (const std::size_t form : forms) ++had.at(form);
    chances[had] += ways.chance();
  } while (ways.next());
  return chances;
}

TEST(Balanced, ASetIsAsLikelyWhicheverOfItsFormsWasWanted) {
  for (std::size_t members = 1; members <= 7; ++members)
    for (std::size_t all = 2; all <= 5; ++all) {
      std::map<std::vector<std::size_t>, double> reference;
      std::vector<std::map<std::vector<std::size_t>, double>> found;
      double whole = 0;
      for (std::size_t own = 0; own < members; ++own) {
        found.push_back(sets(own, members, all - 1));
        for (const auto& [had, chance] : found.back()) {
          // Of those that have the form, each is as likely: the chance is theirs together.
          const double one = chance / static_cast<double>(had[own]);
          const auto [place, first] = reference.emplace(had, one);
          EXPECT_NEAR(place->second, one, 1e-12) << members << " forms, " << all << " networks";
          whole += chance;
          const auto [least, most] = std::minmax_element(had.begin(), had.end());
          EXPECT_LE(*most, *least + 1);
        }
      }
      EXPECT_NEAR(whole, static_cast<double>(members), 1e-9);
      // And a set that one of its forms can give, each of them can.
      for (const auto& [had, chance] : reference)
        for (std::size_t own = 0; own < members; ++own)
          EXPECT_EQ(found[own].count(had) == 1, had[own] > 0);
    }
}

}  // namespace
}  // namespace amalgam
