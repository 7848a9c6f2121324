#include "task/reshape.h"

#include <fmt/format.h>

#include <algorithm>

namespace amalgam {
namespace {

constexpr std::size_t kMostUnflattened = 2;

Shape without_ones(Shape shape) {
  std::erase(shape, 1u);
  return shape;
}

bool is_flat(const Shape& shape) { return without_ones(shape).size() <= 1; }

// `taken` with its symbolic dimensions filled in from those of `own` that are not 1.
std::optional<Shape> filled(const Shape& own, std::span<const Dim> taken) {
  const Shape given = without_ones(own);
  Shape shape;
  std::size_t at = 0;
  for (const Dim& dim : taken) {
    if (!dim.symbolic && dim.size == 1) {
      shape.push_back(1);
      continue;
    }
    if (at == given.size() || (!dim.symbolic && dim.size != given[at])) return std::nullopt;
    shape.push_back(given[at++]);
  }
  if (at < given.size()) return std::nullopt;
  return shape;
}

bool matches(const Shape& own, std::span<const Dim> taken) {
  return std::equal(
      own.begin(), own.end(), taken.begin(), taken.end(),
      [](std::uint64_t size, const Dim& dim) { return dim.symbolic || dim.size == size; });
}

// Where each dimension of `taken` stands in `own`, from 1 behind the rows: equal sizes keep their
// order.
std::optional<std::vector<std::size_t>> permutation(const Shape& own, const Shape& taken) {
  std::vector<std::size_t> places;
  std::vector<bool> used(own.size());
  for (const std::uint64_t size : taken) {
    std::size_t at = 0;
    while (at < own.size() && (used[at] || own[at] != size)) ++at;
    if (at == own.size()) return std::nullopt;
    used[at] = true;
    places.push_back(at + 1);
  }
  if (places.size() != own.size()) return std::nullopt;
  return places;
}

}  // namespace

std::optional<Shape> reshaped(const Shape& own, const Shape& taken) {
  if (without_ones(own) == without_ones(taken)) return taken;
  if (element_count(own) != element_count(taken)) return std::nullopt;
  if (is_flat(taken)) return taken;
  if (is_flat(own) && without_ones(taken).size() <= kMostUnflattened) return taken;
  return std::nullopt;
}

std::optional<Shape> reshaped(const Shape& own, std::span<const Dim> taken) {
  if (matches(own, taken)) return own;
  if (std::any_of(taken.begin(), taken.end(), [](const Dim& dim) { return dim.symbolic; }))
    return filled(own, taken);
  Shape shape;
  for (const Dim& dim : taken) shape.push_back(dim.size);
  return reshaped(own, shape);
}

std::string reshape_cure(const Shape& own, const Shape& taken, const std::string& name) {
  if (element_count(own) != element_count(taken)) return "";
  if (const auto places = permutation(own, taken))
    return fmt::format(
        "; their order may differ, so it is never guessed: transpose them, {}.transpose(0, {})",
        name, fmt::join(*places, ", "));
  std::string cure = fmt::format(
      "; more than one order could be meant, so it is never guessed: reshape them as they are "
      "stored, {}.reshape(-1, {})",
      name, fmt::join(taken, ", "));
  if (is_flat(own) && taken.size() == 3)
    cure += fmt::format(
        " where channels come first, {}.reshape(-1, {}, {}, {}).transpose(0, 3, 1, 2) "
        "where they come last",
        name, taken[1], taken[2], taken[0]);
  return cure;
}

}  // namespace amalgam
