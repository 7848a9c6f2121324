// Uniform initial values are a random number of 24 bits, scaled: in one rounding where a processor
// multiplies and adds at once, as PyTorch does on the CPU, and in two where it does not, as we do.
// Other generators (PyTorch on a GPU, numpy, JAX) draw values that are on no such grid, and
// training moves them off it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "audit/moments.h"
#include "audit/tells.h"
#include "base/interrupt.h"
#include "variants/tensor_values.h"
#include "variants/uniform_grid.h"

namespace amalgam {
namespace {

// Whom the rule picks first, of two.
enum class Drawn : std::size_t { kTrained, kOneRounding, kOther, kTwoRoundings, kUnknown };
constexpr std::array<const char*, 4> kDrawn = {
    "lie on no grid and are not uniform: they were trained",
    "lie on a grid of 2^24 numbers, in one rounding, as PyTorch's do on a CPU",
    "lie on no grid: they come from a GPU or another library, or were trained a little",
    "lie on a grid of 2^24 numbers, in two roundings, as ours do"};

constexpr std::uint64_t kMostValues = 4096;
// Values whose one and two roundings differ, until it is sure which they have.
constexpr std::uint64_t kSurelyRounded = 24;
// Values of a tensor in which a grid would be found.
constexpr std::uint64_t kEnough = 128;

// Kurtosis of uniform values, and deviations in their range.
constexpr double kKurtosis = 1.8, kDeviations = 3.4641, kNear = 0.3;

// Whether they fill their range evenly, as values do that nothing has changed.
bool looks_uniform(const std::vector<float>& values) {
  const Distribution found = distribution_of(values);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double range = static_cast<double>(*most) - static_cast<double>(*least);
  return std::abs(found.kurtosis - kKurtosis) < kNear &&
         std::abs(range / found.deviation - kDeviations) < kNear;
}

// What drew a network's uniform values.
class Roundings {
 public:
  explicit Roundings(const ViewedNetwork& network) {
    for (const ViewedTensor& tensor : network.tensors) {
      check_interrupted();
      if (tensor.trained() && tensor.values->dtype == DType::kFloat32 && tensor.count() > 0)
        add(tensor);
    }
  }

  // Where `others` draw uniform values: roles of tensors.
  Drawn drawn(const std::set<std::string>& uniform) const {
    if (one_ >= kSurelyRounded && two_ == 0) return Drawn::kOneRounding;
    if (two_ >= kSurelyRounded && one_ == 0) return Drawn::kTwoRoundings;
    const bool off = std::any_of(off_.begin(), off_.end(),
                                 [&](const auto& role) { return uniform.count(role) > 0; });
    if (!off || !on_.empty()) return Drawn::kUnknown;
    return uniform_ ? Drawn::kOther : Drawn::kTrained;
  }
  const std::set<std::string>& on_grid() const { return on_; }

 private:
  void add(const ViewedTensor& tensor) {
    const std::uint64_t count = std::min(tensor.count(), kMostValues);
    const std::vector<float> values = read_values(all_rows(*tensor.values), 0, count);
    const auto grid = find_grid(values);
    if (grid) {
      on_.insert(tensor.role);
      for (const float value : values)
        if (const auto number = grid->number(value)) add(*grid, *number, value);
    } else if (count >= kEnough && look_random(values)) {
      off_.insert(tensor.role);
      uniform_ = uniform_ && looks_uniform(values);
    }
  }

  void add(const UniformGrid& grid, std::uint32_t number, float value) {
    const float unit = static_cast<float>(number) * 0x1p-24F;
    const double exact = static_cast<double>(unit) * static_cast<double>(grid.range);
    const auto once = static_cast<float>(static_cast<double>(grid.from) + exact);
    const volatile float product = unit * grid.range;  // rounded before it is added
    const float twice = grid.from + product;
    if (once != twice) one_ += value == once, two_ += value == twice;
  }

  std::uint64_t one_ = 0, two_ = 0;
  std::set<std::string> on_, off_;  // roles
  bool uniform_ = true;             // all that is off the grid is
};

// Of all networks of the same kind as this one: roles of which some draw uniform values.
std::set<std::string> uniform_roles(const std::vector<Roundings>& all,
                                    const std::vector<std::size_t>& kinds, std::size_t s) {
  std::set<std::string> roles;
  for (std::size_t t = 0; t < all.size(); ++t)
    if (kinds[t] == kinds[s]) roles.insert(all[t].on_grid().begin(), all[t].on_grid().end());
  return roles;
}

}  // namespace

void check_rounding(const FailureInput& input, TellList& out) {
  std::array<std::vector<std::size_t>, kDrawn.size()> by;
  const std::vector<Roundings> all(input.networks.begin(), input.networks.end());
  const std::vector<std::size_t> alike = kinds_of(input.networks);
  for (std::size_t s = 0; s < all.size(); ++s)
    if (const Drawn how = all[s].drawn(uniform_roles(all, alike, s)); how != Drawn::kUnknown)
      by[static_cast<std::size_t>(how)].push_back(s);
  std::vector<std::size_t> kinds;
  for (std::size_t k = 0; k < by.size(); ++k)
    if (!by[k].empty()) kinds.push_back(k);
  if (kinds.size() < 2) return;
  // The fewest; of as many, the first.
  const std::size_t picked =
      *std::min_element(kinds.begin(), kinds.end(), [&](std::size_t x, std::size_t y) {
        return std::pair{by[x].size(), x} < std::pair{by[y].size(), y};
      });
  const std::size_t other = kinds[0] == picked ? kinds[1] : kinds[0];
  const bool trained = kinds.front() == static_cast<std::size_t>(Drawn::kTrained);
  out.push_back({trained ? "trained" : "generator", by[picked],
                 fmt::format("initial values of {} {}; those of {} {}", streams_text(by[picked]),
                             kDrawn[picked], streams_text(by[other]), kDrawn[other]),
                 "let obfuscate draw all starts anew (--start redraw), or take guests whose models "
                 "were initialised as yours was",
                 true, ""});
}

}  // namespace amalgam
