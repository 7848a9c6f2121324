#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "audit/differences.h"
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

void check_sizes(const FailureInput& input, TellList& out) {
  std::vector<std::uint64_t> lattices;
  for (const ViewedSubnetwork& sub : input.job.subnetworks())
    lattices.push_back(lattice(input.job, sub));
  const std::uint64_t most = *std::max_element(lattices.begin(), lattices.end());
  std::vector<std::size_t> odd, rounder;
  for (std::size_t s = 0; s < lattices.size(); ++s)
    if (lattices[s] > 0) (lattices[s] * 4 <= most ? odd : rounder).push_back(s);
  if (odd.empty()) return;
  out.push_back({"sizes", rounder,
                 fmt::format("the widths of {} are multiples of {} only, those of {} of {}",
                             streams_text(odd), lattices[odd[0]], streams_text(rounder), most),
                 "give guests widths that are multiples of the same power of two"});
}

namespace {

// Among some sub-networks: those whose values are of the form that has the higher kurtosis, the
// others, and what these are.
struct Forms {
  std::vector<std::size_t> high, low;
  double highest = 0, lowest = 0;
};

Forms forms_among(const std::vector<double>& forms, const std::vector<std::size_t>& streams) {
  Forms found;
  for (const std::size_t s : streams) {
    if (forms[s] <= 0) continue;
    found.highest = std::max(found.highest, forms[s]);
    found.lowest = found.lowest == 0 ? forms[s] : std::min(found.lowest, forms[s]);
  }
  if (found.highest - found.lowest <= kKurtosis) return {};
  for (const std::size_t s : streams)
    if (forms[s] > 0) (forms[s] > found.lowest + kKurtosis ? found.high : found.low).push_back(s);
  return found;
}

void report_forms(const Forms& forms, bool ruled, TellList& out) {
  const bool low = forms.low.size() < forms.high.size();
  const double own = low ? forms.lowest : forms.highest, other = low ? forms.highest : forms.lowest;
  const std::vector<std::size_t>& fewer = low ? forms.low : forms.high;
  out.push_back({"initial values", fewer,
                 fmt::format("the initial weights of {} are of another form: kurtosis {:.1f}, "
                             "elsewhere {:.1f}",
                             streams_text(fewer), own, other),
                 "initialise all models in the same way, or train none beforehand", ruled,
                 "other architectures begin in other forms: it points at a decoy as well as at a "
                 "wanted one"});
}

}  // namespace

void check_initial_values(const FailureInput& input, TellList& out) {
  std::vector<double> forms;
  for (const ViewedSubnetwork& sub : input.job.subnetworks()) forms.push_back(form(input.job, sub));
  std::map<std::size_t, std::vector<std::size_t>> alike;
  const std::vector<std::size_t> kinds = kinds_of(input.networks);
  for (std::size_t s = 0; s < kinds.size(); ++s) alike[kinds[s]].push_back(s);
  bool within = false;
  for (const auto& [kind, streams] : alike)
    if (const Forms found = forms_among(forms, streams); !found.high.empty())
      report_forms(found, true, out), within = true;
  if (within) return;
  if (const Forms found = forms_among(forms, all_but({}, forms.size())); !found.high.empty())
    report_forms(found, false, out);
}

}  // namespace amalgam
