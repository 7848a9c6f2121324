#include "audit/designer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>

#include "audit/published_sizes.h"
#include "base/random.h"
#include "variants/balanced.h"
#include "variants/ladder.h"

namespace amalgam {
namespace {

// Of all attackers together, as score_attacks() has it.
constexpr double kAlpha = 0.05;

// A published architecture. Of those with heads, the last size is their number, which no shape
// shows.
struct Published {
  std::string family;
  std::vector<std::uint64_t> sizes;
  bool heads = false;
};

std::vector<Published> read_published() {
  std::vector<Published> all;
  std::istringstream lines{std::string(published_sizes())};
  std::string family, name, sizes, head, depths;
  while (lines >> family >> name >> sizes >> head >> depths) {
    Published& one = all.emplace_back();
    one.family = family;
    one.heads = head != "0";
    std::istringstream numbers(sizes);
    for (std::string number; std::getline(numbers, number, ',');)
      one.sizes.push_back(std::stoull(number));
  }
  return all;
}

ChosenSizes seen(const Published& one, std::uint64_t from, std::uint64_t to) {
  std::set<std::uint64_t> sizes;
  for (std::size_t i = 0; i + (one.heads ? 1 : 0) < one.sizes.size(); ++i)
    sizes.insert(one.sizes[i] / from * to);
  return {sizes.begin(), sizes.end()};
}

// How likely a size is by its roundness alone, beside one that a family has.
double by_roundness(std::uint64_t size) {
  const Rung rung = rung_of(size);
  if (rung.rest == 1) return rung.step % 3 == 0 ? 0.3 : 0.4;
  if (size % 100 == 0 || size % 64 == 0) return 0.1;
  return size % 10 == 0 || size % 8 == 0 ? 0.05 : 0.01;
}

// The sizes of all families, each counted once in all.
class Habits {
 public:
  explicit Habits(const std::vector<Published>& all) {
    std::map<std::string, double> members;
    for (const Published& one : all) ++members[one.family];
    for (const Published& one : all)
      for (const std::uint64_t size : seen(one, 1, 1)) {
        of_family_[one.family][size] += 1 / members[one.family];
        everywhere_[size] += 1 / members[one.family];
      }
  }

  // The mean logarithm of the sizes' likelihoods, without what one family says.
  double likelihood(const ChosenSizes& sizes, const std::string& without) const {
    const auto own = of_family_.find(without);
    double sum = 0;
    for (const std::uint64_t size : sizes) {
      double count = at(everywhere_, size);
      if (own != of_family_.end()) count -= at(own->second, size);
      sum += std::log(std::max(count, 0.0) + by_roundness(size));
    }
    return sum / static_cast<double>(std::max<std::size_t>(1, sizes.size()));
  }

 private:
  using Counts = std::map<std::uint64_t, double>;
  static double at(const Counts& counts, std::uint64_t size) {
    const auto found = counts.find(size);
    return found == counts.end() ? 0 : found->second;
  }

  std::map<std::string, Counts> of_family_;
  Counts everywhere_;
};

// The likeliest; of several, one by chance.
std::size_t pick_of(const std::vector<ChosenSizes>& forms, const Habits& habits,
                    const std::string& without, RandomStream& random) {
  std::vector<std::size_t> best;
  double most = 0;
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const double found = habits.likelihood(forms[i], without);
    if (best.empty() || found > most + 1e-12) {
      best = {i};
      most = found;
    } else if (found > most - 1e-12) {
      best.push_back(i);
    }
  }
  return best[random.below(best.size())];
}

// One of the architectures is wanted, first of its job's forms.
std::vector<ChosenSizes> job_of(const Published& wanted, std::size_t subnetworks,
                                RandomStream& random) {
  std::uint64_t common = 0;
  for (const std::uint64_t size : wanted.sizes) common = std::gcd(common, size);
  const std::uint64_t step = rung_of(common).step;
  std::vector<std::uint64_t> steps = steps_beside(step);
  if (wanted.heads && common > 1) std::erase(steps, 1);  // one head is no split of a width
  const auto own =
      static_cast<std::size_t>(std::find(steps.begin(), steps.end(), step) - steps.begin());
  std::vector<ChosenSizes> forms = {seen(wanted, 1, 1)};
  if (own == steps.size()) {
    forms.resize(subnetworks, forms.front());
    return forms;
  }
  for (const std::size_t form : draw_forms(own, steps.size(), subnetworks - 1, random))
    forms.push_back(seen(wanted, step, steps[form]));
  return forms;
}

std::uint64_t step_of(const ChosenSizes& sizes) {
  std::uint64_t common = 0;
  for (const std::uint64_t size : sizes) common = std::gcd(common, size);
  return rung_of(common).step;
}

// Whether all sizes of one are those of the other by another number of one group of the ladder.
bool of_one_family(const ChosenSizes& one, const ChosenSizes& other) {
  const std::uint64_t step = step_of(one), from = step_of(other);
  const std::vector<std::uint64_t> steps = steps_beside(from);
  return std::find(steps.begin(), steps.end(), step) != steps.end() &&
         std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&](std::uint64_t a, std::uint64_t b) { return a / step == b / from; });
}

}  // namespace

std::optional<std::vector<ChosenSizes>> chosen_sizes(
    const std::vector<std::vector<Shape>>& shapes) {
  std::vector<std::set<std::uint64_t>> all;
  std::map<std::uint64_t, std::size_t> had;  // by how many sub-networks
  for (const auto& weights : shapes) {
    std::set<std::uint64_t>& sizes = all.emplace_back();
    for (const Shape& shape : weights) sizes.insert(shape.begin(), shape.end());
    for (const std::uint64_t size : sizes) ++had[size];
  }
  std::vector<ChosenSizes> chosen;
  for (const auto& sizes : all) {
    ChosenSizes& own = chosen.emplace_back();
    for (const std::uint64_t size : sizes)
      if (had[size] < shapes.size()) own.push_back(size);
    if (own.empty() || !of_one_family(own, chosen.front())) return std::nullopt;
  }
  return chosen;
}

AttackScore score_designer(const std::vector<ChosenSizes>& job, const Secret& seed,
                           std::uint64_t games, double z) {
  const std::vector<Published> published = read_published();
  const Habits habits(published);
  AttackScore score;
  score.name = "habits of a designer";
  score.sees = "which sizes are likeliest, by those of published architectures";
  score.access = "calibrated";
  double hits = 0;
  for (std::uint64_t g = 0; g < games; ++g) {
    RandomStream random(seed, "designer/" + std::to_string(g));
    const Published& wanted = published[random.below(published.size())];
    const auto forms = job_of(wanted, job.size(), random);
    score.hits.push_back(pick_of(forms, habits, wanted.family, random) == 0);
    hits += score.hits.back() ? 1 : 0;
  }
  score.games = static_cast<double>(games);
  score.chance = 1 / static_cast<double>(job.size());
  score.accuracy = hits / score.games;
  const Interval share = wilson(hits, score.games, z);
  const auto advantage = [&](double accuracy) {
    return (accuracy - score.chance) / (1 - score.chance);
  };
  score.advantage = advantage(score.accuracy);
  score.advantage_within = {advantage(share.low), advantage(share.high)};
  RandomStream random(seed, "designer");
  score.pick = pick_of(job, habits, "", random);
  score.confidence = score.accuracy;
  return score;
}

std::vector<Shape> form_of(std::vector<Shape> weights, std::uint64_t classes) {
  const auto last = std::find_if(weights.rbegin(), weights.rend(), [&](const Shape& shape) {
    return !shape.empty() && shape[0] == classes;
  });
  if (last != weights.rend()) last->erase(last->begin());
  return weights;
}

void add_designer(const std::vector<ViewedNetwork>& job, const std::vector<StreamFacts>& facts,
                  const Secret& seed, std::uint64_t games, std::vector<AttackScore>& scores) {
  std::vector<std::vector<Shape>> shapes;
  for (std::size_t s = 0; s < job.size(); ++s) {
    std::vector<Shape> weights;
    for (const ViewedTensor& tensor : job[s].tensors)
      if (tensor.parameter && tensor.values->shape.size() > 1)
        weights.push_back(tensor.values->shape);
    const auto& labels = facts[s].labels;
    const auto most = std::max_element(labels.begin(), labels.end());
    shapes.push_back(form_of(std::move(weights), most == labels.end() || *most < 0
                                                     ? 0
                                                     : static_cast<std::uint64_t>(*most) + 1));
  }
  const auto chosen = chosen_sizes(shapes);
  if (!chosen || chosen->size() < 2) return;
  const double z = z_of(kAlpha / static_cast<double>(scores.size()));
  AttackScore score = score_designer(*chosen, seed, games, z);
  const auto place = std::find_if(scores.begin(), scores.end() - 1, [&](const AttackScore& other) {
    return other.advantage < score.advantage;
  });
  scores.insert(place, std::move(score));
}

}  // namespace amalgam
