// Which forms decoys have, of those that a family has.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace amalgam {

// The forms of `count` decoys beside one of form `own`, of `members` forms in all; in random order.
// Each form is had by as many of the count + 1 as any other, or by one more. Given the forms of
// all, each of the count + 1 is as likely to be the one that was there first: the chance of a set
// of forms is, whichever of them it began with, the same times how many have that form. `Random`
// has below(bound) and shuffle(span), as RandomStream. REQUIRES: own < members.
template <typename Random>
std::vector<std::size_t> draw_forms(std::size_t own, std::size_t members, std::size_t count,
                                    Random& random) {
  const std::size_t all = count + 1, each = all / members, more = all % members;
  const bool own_has_more = random.below(all) < more * (each + 1);
  std::vector<std::size_t> others(members);
  std::iota(others.begin(), others.end(), std::size_t{0});
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(own));
  std::vector<std::size_t> forms;
  for (std::size_t i = 0; i < each; ++i) {
    forms.insert(forms.end(), others.begin(), others.end());
    if (i > 0) forms.push_back(own);
  }
  if (own_has_more && each > 0) forms.push_back(own);
  // So many of the others, each as likely.
  const std::size_t drawn = more - (own_has_more ? 1 : 0);
  for (std::size_t i = 0; i < drawn; ++i) {
    std::swap(others[i], others[i + random.below(others.size() - i)]);
    forms.push_back(others[i]);
  }
  random.shuffle(std::span(forms));
  return forms;
}

}  // namespace amalgam
