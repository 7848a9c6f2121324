// Means and deviations that inputs are normalised by: numbers of the recipe, which say whose they
// are where one stream has exactly these.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "audit/failure.h"
#include "audit/specialness.h"

namespace amalgam {
namespace {

// Fitted numbers are written with all their digits; sums in another order differ in the last ones.
constexpr double kFitted = 1e-6;
// Sums of float32 numbers, and the job's own digits of them, are rounded in their size.
constexpr double kOfFloats = 4e-7;

// Numbers as they are written in a network's class.
struct Written {
  std::vector<double> values;
  double grain = 0;  // half a step of the last digit, the coarsest of all
};

double grain_of(std::string_view digits) {
  const std::size_t point = digits.find('.');
  if (point == digits.npos || digits.find('e') != digits.npos) return kFitted;
  const double decimals = static_cast<double>(digits.size() - point - 1);
  return std::max(kFitted, 0.5 * std::pow(10.0, -decimals));
}

// Nothing where one of them is no number.
Written read_written(const std::vector<std::string>& numbers) {
  Written written;
  for (const std::string& text : numbers) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || next != end) return {};
    written.values.push_back(value);
    written.grain = std::max(written.grain, grain_of(text));
  }
  return written;
}

// What inputs are divided by first; 1 where that is no number.
double scale_of(std::string_view text) {
  constexpr std::string_view kBefore = ".div(";
  const std::size_t at = text.find(kBefore);
  double value = 1;
  if (at == text.npos) return value;
  const std::string_view rest = text.substr(at + kBefore.size());
  const auto [next, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return error == std::errc() && value != 0 ? value : 1;
}

struct Fitted {
  double mean = 0, deviation = 0;
};

// Of neighbouring columns together, each of as many rows.
Fitted fitted_to(std::span<const ColumnFacts> columns) {
  const auto count = static_cast<double>(columns.size());
  Fitted all;
  for (const ColumnFacts& column : columns) all.mean += column.mean / count;
  double variance = 0;
  for (const ColumnFacts& column : columns) {
    const double off = column.mean - all.mean;
    variance += (column.variance + off * off) / count;
  }
  all.deviation = std::sqrt(variance);
  return all;
}

std::optional<Measured> distance(const StreamFacts& facts, const ViewedNetwork& network) {
  const Written mean = read_written(network.numbers("mean")),
                std = read_written(network.numbers("std"));
  const std::span<const ColumnFacts> columns = facts.features.front().columns;
  const std::uint64_t channels = mean.values.size(), rows = facts.rows.size();
  if (channels == 0 || columns.size() % channels != 0 || rows < 2) return std::nullopt;
  const double by = scale_of(network.text);
  const std::uint64_t of_each = columns.size() / channels;
  const auto n = static_cast<double>(rows * of_each);
  double largest = 0, chance = 1;
  bool own = true;
  const auto compare = [&](double found, double written, double written_grain) {
    const double grain = std::max(written_grain, kOfFloats * std::abs(found));
    largest = std::max(largest, std::abs(found - written));
    own = own && std::abs(found - written) <= grain * 1.01;
    chance *= std::min(1.0, 2 * grain);
  };
  for (std::uint64_t c = 0; c < channels; ++c) {
    const auto [center, deviation] = fitted_to(columns.subspan(c * of_each, of_each));
    compare(center / by, mean.values[c], mean.grain);
    // Of the samples, or of what they are drawn from: with n - 1 for n.
    if (std.values.size() == channels)
      compare(deviation / by, std.values[c], std.grain + deviation / by / n);
  }
  return measured_fact(largest, own, "0", chance);
}

}  // namespace

void add_input_statistics(const FailureInput& input, StatisticTable& table) {
  Statistic statistic{
      "the distance of the mean and deviation in the recipe from those of its own samples", {}};
  for (std::size_t s = 0; s < input.networks.size(); ++s)
    statistic.measured.push_back(distance(input.facts[s], input.networks[s]));
  table.push_back(std::move(statistic));
}

}  // namespace amalgam
