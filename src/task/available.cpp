#include "task/available.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "task/field_names.h"

namespace amalgam {

Shape behind_batch(const Value& value) {
  Shape shape;
  for (std::size_t d = 1; d < value.shape.size(); ++d) shape.push_back(value.shape[d].size);
  return shape;
}

std::vector<Dim> dims_behind_batch(const Value& value) {
  return {value.shape.begin() + (value.shape.empty() ? 0 : 1), value.shape.end()};
}

bool fits(const Shape& shape, const Value& taken) {
  bool same = shape.size() + 1 == taken.shape.size();
  for (std::size_t d = 0; same && d < shape.size(); ++d)
    same = taken.shape[d + 1].symbolic || taken.shape[d + 1].size == shape[d];
  return same;
}

bool is_usual_target(const std::string& name) {
  constexpr std::array<std::string_view, 5> kTargets = {"y", "target", "targets", "label",
                                                        "labels"};
  return std::find(kTargets.begin(), kTargets.end(), name) != kTargets.end();
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text.empty() ? "none" : text;
}

std::optional<std::size_t> find_available(std::span<const Available> all, const std::string& name,
                                          bool target, bool single) {
  std::optional<std::size_t> exact, small, only;
  std::size_t count = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].target != target) continue;
    ++count, only = i;
    if (all[i].name == name) exact = i;
    if (!small && in_small_letters(all[i].name) == in_small_letters(name)) small = i;
  }
  if (single && count == 1) return only;
  return exact ? exact : small;
}

}  // namespace amalgam
