#include "extract/metrics.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/counted.h"
#include "base/file.h"
#include "base/json_reader.h"
#include "formats/metrics.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostLine = 4096;
constexpr std::size_t kMostValues = 64;
// A file of such lines is none of train.py's, and is not read to its end.
constexpr std::size_t kMostBad = 1000;

std::optional<double> finite(const std::optional<JsonReader>& json) {
  const double value = json ? json->real() : NAN;
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

void read_line(std::string_view text, std::optional<std::uint64_t> of, Metrics& metrics) {
  static const std::string where = "line";
  const Json json = parse_json(as_bytes(text), where, kMostValues);
  const JsonReader line(json, where);
  if (line["split"].text() != "valid") return;
  const std::uint64_t k = line["sub-network"].number(), epoch = line["epoch"].number();
  if (k >= metrics.held_out.size()) line.refuse("is of no sub-network");
  HeldOutMetric found{epoch, finite(line.find("loss")), "", std::nullopt};
  for (const auto& [name, value] : line.members())
    if (find_metric(name) && name != "loss") found.name = name, found.value = finite(value);
  if (!of || *of == epoch) metrics.held_out[k] = found;
}

}  // namespace

Metrics read_metrics_beside(const fs::path& trained, std::size_t subnetworks) {
  const fs::path path = trained.parent_path() / "metrics.jsonl";
  const std::optional<std::uint64_t> epoch = epoch_of(trained);
  Metrics metrics{std::vector<std::optional<HeldOutMetric>>(subnetworks), {}};
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return metrics;
  if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) > kMostBytes) {
    metrics.notes.push_back(path.string() + " is no file of at most 64 MiB, and was not read");
    return metrics;
  }
  std::size_t bad = 0;
  try {
    const auto file = MappedFile::open(path);
    std::string_view rest = as_text(file->bytes());
    while (!rest.empty() && bad < kMostBad) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      try {
        if (line.size() > kMostLine) throw Error(ErrorCode::kDamaged, "line", "too long");
        read_line(line, epoch, metrics);
      } catch (const Error&) {
        ++bad;
      }
    }
  } catch (const Error& error) {
    metrics.notes.emplace_back(error.what());
  }
  if (bad > 0)
    metrics.notes.push_back(fmt::format("{}: {} not what train.py writes, and left out{}",
                                        path.string(), counted(bad, "line is", "lines are"),
                                        bad < kMostBad ? "" : "; the rest was not read"));
  return metrics;
}

}  // namespace amalgam
