// Statistics of tensors: initial values that code made exact. They are compared by name among
// networks whose tensors have the same names, and by role (all weights of convolutions) among all.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "audit/tables/tensor_measures.h"
#include "base/interrupt.h"
#include "variants/tensor_values.h"

namespace amalgam {
namespace {

// Norms that are computed in float32 are right up to this part of them.
constexpr double kTied = 1e-5;

using ByStatistic = std::map<std::string, std::vector<std::optional<Measured>>>;

// Numbers by network: the same where the tensors' names are.
std::vector<std::size_t> same_names(const std::vector<ViewedNetwork>& networks) {
  std::vector<std::size_t> groups;
  for (std::size_t s = 0; s < networks.size(); ++s) {
    const auto same = [&](const ViewedNetwork& other) {
      return std::equal(other.tensors.begin(), other.tensors.end(), networks[s].tensors.begin(),
                        networks[s].tensors.end(), [](const auto& a, const auto& b) {
                          return a.name == b.name && a.parameter == b.parameter;
                        });
    };
    const auto first = std::find_if(networks.begin(), networks.end(), same);
    groups.push_back(static_cast<std::size_t>(first - networks.begin()));
  }
  return groups;
}

std::string kind_of(const ViewedTensor& tensor) {
  return tensor.trained() ? "" : tensor.parameter ? "frozen " : "the buffer ";
}

class Table {
 public:
  explicit Table(const std::vector<ViewedNetwork>& networks)
      : networks_(networks), groups_(same_names(networks)) {
    for (std::size_t s = 0; s < networks.size(); ++s)
      for (const ViewedTensor& tensor : networks[s].tensors) {
        check_interrupted();
        if (const auto sample = sample_tensor(tensor)) add(s, tensor, measures_of(*sample));
      }
  }

  void move_to(StatisticTable& table) {
    // Where all names are the same, roles say nothing more.
    const bool same = std::count(groups_.begin(), groups_.end(), groups_[0]) ==
                      static_cast<std::ptrdiff_t>(groups_.size());
    for (auto& [name, measured] : by_role_)
      if (!same) table.push_back({name, std::move(measured)});
    for (auto& [key, measured] : by_name_) {
      const auto& [group, name] = key;
      table.push_back({name, std::move(measured)});
    }
  }

 private:
  void add(std::size_t s, const ViewedTensor& tensor, const std::vector<TensorMeasure>& measures) {
    const std::string kind = kind_of(tensor);
    for (const TensorMeasure& measure : measures) {
      auto& role = by_role_[fmt::format("{} of any {}{}", measure.name, kind, tensor.role)];
      role.resize(networks_.size());
      if (!role[s] || (role[s]->round.empty() && !measure.measured.round.empty()))
        role[s] = measure.measured;
      auto& own =
          by_name_[{groups_[s], fmt::format("{} of {}{}", measure.name, kind, tensor.name)}];
      own.resize(networks_.size());
      own[s] = measure.measured;
    }
  }

  const std::vector<ViewedNetwork>& networks_;
  std::vector<std::size_t> groups_;
  ByStatistic by_role_;
  std::map<std::pair<std::size_t, std::string>, std::vector<std::optional<Measured>>> by_name_;
};

// Of a network as a whole; nothing where it has no such thing.
using WholeMeasure = std::optional<Measured> (*)(const ViewedNetwork& network);

void add_whole(const std::vector<ViewedNetwork>& networks, std::string name, WholeMeasure measure,
               StatisticTable& table) {
  Statistic statistic{std::move(name), {}};
  for (const ViewedNetwork& network : networks) statistic.measured.push_back(measure(network));
  table.push_back(std::move(statistic));
}

Measured counted(std::size_t count) {
  return measured_fact(static_cast<double>(count), count > 0, std::to_string(count), 0);
}

std::optional<Measured> copies(const ViewedNetwork& network) {
  std::set<std::string> known;
  std::size_t count = 0;
  for (const ViewedTensor& tensor : network.tensors)
    if (const auto digest = value_digest(*tensor.values)) count += !known.insert(*digest).second;
  return counted(count);
}

std::optional<Measured> frozen_tensors(const ViewedNetwork& network) {
  return counted(static_cast<std::size_t>(
      std::count_if(network.tensors.begin(), network.tensors.end(),
                    [](const ViewedTensor& tensor) { return tensor.frozen; })));
}

// Running statistics begin as constants; others that vary were computed, or come from elsewhere.
std::optional<Measured> made_buffers(const ViewedNetwork& network) {
  std::size_t count = 0;
  for (const ViewedTensor& tensor : network.tensors)
    count += !tensor.parameter && tensor.role.find("running") == tensor.role.npos &&
             value_digest(*tensor.values).has_value();
  return counted(count);
}

// torch.nn.utils.weight_norm keeps a weight as directions and norms, which begin as the norms of
// the directions.
std::optional<Measured> tied_norms(const ViewedNetwork& network) {
  std::optional<double> largest;
  for (const ViewedTensor& tensor : network.tensors) {
    const auto sample = sample_tensor(tensor);
    if (!tensor.name.starts_with("weight_norm") || !sample || sample->width < 2) continue;
    const std::string family = tensor.name.substr(0, tensor.name.find('_', 11));
    for (const ViewedTensor& other : network.tensors) {
      if (!other.name.starts_with(family + "_") || other.count() != row_count(tensor.values->shape))
        continue;
      const auto norms = sample_tensor(other);
      for (std::uint64_t r = 0; norms && r < std::min<std::uint64_t>(sample->rows, other.count());
           ++r) {
        double square = 0;
        for (const float v : sample->row(r))
          square += static_cast<double>(v) * static_cast<double>(v);
        const double norm = static_cast<double>(norms->values[r]);
        const double off = std::abs(norm - std::sqrt(square)) / std::max(1e-30, std::abs(norm));
        largest = std::max(largest.value_or(0), off);
      }
    }
  }
  if (!largest) return std::nullopt;
  return measured_fact(*largest, *largest <= kTied, "0", 0);
}

}  // namespace

void add_tensor_statistics(const FailureInput& input, StatisticTable& table) {
  Table(input.networks).move_to(table);
  add_whole(input.networks, "the number of tensors that are copies of another", copies, table);
  add_whole(input.networks, "the number of frozen tensors", frozen_tensors, table);
  add_whole(input.networks, "the number of buffers whose values were made", made_buffers, table);
  add_whole(input.networks, "the distance of norms from those of the rows that they scale",
            tied_norms, table);
}

}  // namespace amalgam
