#include "extract/metrics.h"

#include <fmt/format.h>

#include <cmath>

#include "base/file.h"
#include "base/json.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostLine = 4096;
constexpr std::size_t kMostValues = 64;

std::optional<double> number(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return std::nullopt;
  if (!found->is_number()) throw Error(ErrorCode::kDamaged, name, "is not a number");
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void read_line(std::string_view text, Metrics& metrics) {
  static const std::string where = "line";
  const Json line = parse_json(as_bytes(text), where, kMostValues);
  if (json_string(line, "split", where) != "valid") return;
  const auto k = json_unsigned(json_member(line, "sub-network", where), where);
  const auto epoch = json_unsigned(json_member(line, "epoch", where), where);
  if (k >= metrics.held_out.size()) throw Error(ErrorCode::kDamaged, where, "of no sub-network");
  metrics.held_out[k] = HeldOutMetric{epoch, number(line, "loss"), number(line, "accuracy")};
}

}  // namespace

Metrics read_metrics(const fs::path& path, std::size_t subnetworks) {
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
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      try {
        if (line.size() > kMostLine) throw Error(ErrorCode::kDamaged, "line", "too long");
        read_line(line, metrics);
      } catch (const Error&) {
        ++bad;
      }
    }
  } catch (const Error& error) {
    metrics.notes.emplace_back(error.what());
  }
  if (bad > 0)
    metrics.notes.push_back(fmt::format(
        "{}: {} lines are not what train.py writes, and were left out", path.string(), bad));
  return metrics;
}

}  // namespace amalgam
