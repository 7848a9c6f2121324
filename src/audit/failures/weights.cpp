#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audit/failure.h"
#include "audit/moments.h"

namespace amalgam {
namespace {

// Hidden sizes from here on are compared; smaller ones are channels of images, or classes.
constexpr std::uint64_t kLeastSize = 16;
// Elements of a weight whose distribution can be seen.
constexpr std::uint64_t kLeastElements = 256, kMostElements = 65536;
// 1.8 uniform, 3 normal.
constexpr double kKurtosis = 0.6;

bool belongs(const NamedTensor& named, const ViewedSubnetwork& sub) {
  return named.name.starts_with(sub.prefix);
}

// Of the first dimensions of a sub-network's matrices but the last one's, which are its widths: the
// largest power of two that divides all, at most 8.
std::uint64_t lattice(const JobView& job, const ViewedSubnetwork& sub) {
  std::uint64_t common = 0;
  for (const NamedTensor& named : job.weights()) {
    const Shape& shape = named.tensor.shape;
    if (!belongs(named, sub) || shape.size() < 2 || !is_floating(named.tensor.dtype)) continue;
    if (shape[0] >= kLeastSize) common = std::gcd(common, shape[0]);
  }
  return common == 0 ? 0 : std::gcd(common, std::uint64_t{8});
}

// The median over weights of the kurtosis of their values; 0 without any.
double form(const JobView& job, const ViewedSubnetwork& sub) {
  std::vector<double> all;
  for (const NamedTensor& named : job.weights()) {
    const std::uint64_t count = element_count(named.tensor.shape);
    if (!belongs(named, sub) || named.tensor.shape.size() < 2 ||
        named.tensor.dtype != DType::kFloat32 || count < kLeastElements)
      continue;
    std::vector<float> values(std::min(count, kMostElements));
    named.tensor.source->read(0, std::as_writable_bytes(std::span(values)));
    if (const double kurtosis = distribution_of(values).kurtosis; kurtosis > 0)
      all.push_back(kurtosis);
  }
  if (all.empty()) return 0;
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

}  // namespace

void check_sizes(const FailureInput& input, FailureList& out) {
  std::vector<std::uint64_t> lattices;
  for (const ViewedSubnetwork& sub : input.job.subnetworks())
    lattices.push_back(lattice(input.job, sub));
  const std::uint64_t most = *std::max_element(lattices.begin(), lattices.end());
  std::vector<std::size_t> odd;
  for (std::size_t s = 0; s < lattices.size(); ++s)
    if (lattices[s] > 0 && lattices[s] * 4 <= most) odd.push_back(s);
  if (odd.empty() || odd.size() == lattices.size()) return;
  out.push_back({"sizes", odd,
                 fmt::format("the widths of {} are multiples of {} only, those of others of {}",
                             streams_text(odd), lattices[odd[0]], most),
                 "give guests widths that are multiples of the same power of two"});
}

void check_initial_values(const FailureInput& input, FailureList& out) {
  std::vector<double> forms;
  for (const ViewedSubnetwork& sub : input.job.subnetworks()) forms.push_back(form(input.job, sub));
  std::vector<double> known;
  for (const double f : forms)
    if (f > 0) known.push_back(f);
  if (known.size() < 2) return;
  std::sort(known.begin(), known.end());
  if (known.back() - known.front() <= kKurtosis) return;
  std::vector<std::size_t> high;
  for (std::size_t s = 0; s < forms.size(); ++s)
    if (forms[s] > known.front() + kKurtosis) high.push_back(s);
  out.push_back({"initial values", high,
                 fmt::format("the initial weights of {} are of another form: kurtosis {:.1f}, "
                             "elsewhere {:.1f}",
                             streams_text(high), known.back(), known.front()),
                 "initialise all models in the same way, or train none beforehand"});
}

}  // namespace amalgam
