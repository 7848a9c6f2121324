#include "extract/metrics.h"

#include <charconv>
#include <cmath>

#include "amalgam/error.h"
#include "formats/training_log.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

std::optional<double> where_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// Of epoch-NNN.safetensors, as train.py names them.
std::optional<std::uint64_t> epoch_of(const fs::path& trained) {
  const std::string name = trained.stem().string();
  constexpr std::string_view kBegin = "epoch-";
  std::uint64_t epoch = 0;
  if (!name.starts_with(kBegin)) return std::nullopt;
  const char *first = name.data() + kBegin.size(), *last = name.data() + name.size();
  const auto [end, error] = std::from_chars(first, last, epoch);
  return error == std::errc() && end == last ? std::optional(epoch) : std::nullopt;
}

// By sub-network; empty where the text is no list of so many.
std::vector<std::uint64_t> numbers_in(const std::string& text, std::size_t count) {
  std::vector<std::uint64_t> numbers;
  const char *at = text.data(), *last = at + text.size();
  while (numbers.size() < count) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(at, last, number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    if (end == last) break;
    if (*end != ',') return {};
    at = end + 1;
  }
  return numbers.size() == count ? numbers : std::vector<std::uint64_t>();
}

// The last that is said of the epoch, or of any.
std::optional<HeldOutMetric> held_out_of(const SubnetworkLog& log,
                                         std::optional<std::uint64_t> epoch) {
  std::optional<HeldOutMetric> found;
  for (const LogPoint& point : log.held_out)
    if (!epoch || point.epoch == *epoch)
      found = {point.epoch, where_finite(point.loss), log.metric, where_finite(point.metric)};
  return found;
}

}  // namespace

Metrics read_metrics_beside(const fs::path& trained, const std::string& best_epochs,
                            const Key& key) {
  const fs::path path = trained.parent_path() / "metrics.jsonl";
  Metrics metrics{std::vector<std::optional<HeldOutMetric>>(key.tasks.size()), {}};
  std::error_code ignored;
  if (!fs::exists(path, ignored) || trained.filename() == "ema.safetensors") return metrics;
  const std::vector<std::uint64_t> best = numbers_in(best_epochs, key.tasks.size());
  try {
    TrainingLog log = read_training_log(path, key.tasks.size(), key.epochs);
    metrics.notes = std::move(log.notes);
    for (std::size_t k = 0; k < metrics.held_out.size(); ++k)
      metrics.held_out[k] = held_out_of(log.subnetworks[k],
                                        best.empty() ? epoch_of(trained) : std::optional(best[k]));
  } catch (const Error& error) {
    metrics.notes.emplace_back(error.what());
  }
  return metrics;
}

}  // namespace amalgam
