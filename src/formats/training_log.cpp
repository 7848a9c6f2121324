#include "formats/training_log.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "amalgam/error.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/json_reader.h"
#include "formats/metrics.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostLine = 4096;
constexpr std::size_t kMostValues = 64;
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 53;  // each a double of its own
// A file of such lines is none of train.py's, and is not read to its end.
constexpr std::size_t kMostBad = 1000;

double finite(const std::optional<JsonReader>& json) {
  const double value = json ? json->real() : kNotSaid;
  return std::isfinite(value) ? value : kNotSaid;
}

std::vector<LogPoint>& list_of(SubnetworkLog& log, const JsonReader& split) {
  const std::string name = split.text();
  if (name == "train") return log.epochs;
  if (name == "train-steps") return log.steps;
  if (name == "valid") return log.held_out;
  split.refuse("is no split");
}

// The sub-network's own metric, and its name where the line is the first one with a name.
double metric_in(const JsonReader& line, std::string& name) {
  std::string known = name;
  double found = kNotSaid;
  for (const auto& [member, value] : line.members()) {
    if (!find_metric(member) || member == "loss") continue;
    if (!known.empty() && member != known) value.refuse("is another metric");
    known = member;
    found = finite(value);
  }
  name = known;
  return found;
}

void read_line(std::string_view text, std::uint64_t epochs, TrainingLog& log) {
  static const std::string where = "line";
  if (text.size() > kMostLine) throw Error(ErrorCode::kDamaged, where, "is too long");
  const Json json = parse_json(as_bytes(text), where, kMostValues);
  const JsonReader line(json, where);
  const std::uint64_t k = line["sub-network"].number();
  if (k >= log.subnetworks.size()) line.refuse("is of no sub-network");
  SubnetworkLog& own = log.subnetworks[k];
  std::vector<LogPoint>& list = list_of(own, line["split"]);
  LogPoint point{line["epoch"].number(), line["step"].number(), finite(line.find("loss")), kNotSaid,
                 finite(line.find("lr"))};
  if (point.epoch < 1 || point.epoch > epochs || point.step > kMostSteps)
    line.refuse("is of no epoch of this job");
  if (!list.empty() && (point.epoch < list.back().epoch || point.step < list.back().step ||
                        (point.epoch == list.back().epoch && point.step == list.back().step)))
    line.refuse("is of an earlier time");
  point.metric = metric_in(line, own.metric);
  list.push_back(point);
}

}  // namespace

TrainingLog read_training_log(const fs::path& path, std::size_t subnetworks, std::uint64_t epochs) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored) || fs::file_size(path, ignored) > kMostBytes)
    throw Error(ErrorCode::kDamaged, path.string(),
                "is no file of at most 64 MiB, and was not read");
  TrainingLog log{std::vector<SubnetworkLog>(subnetworks), 0, {}};
  const auto file = MappedFile::open(path);
  std::string_view rest = as_text(file->bytes());
  std::size_t bad = 0;
  while (!rest.empty() && bad < kMostBad) {
    check_interrupted();
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    try {
      read_line(line, epochs, log);
      ++log.lines;
    } catch (const Error&) {
      ++bad;
    }
  }
  if (bad > 0)
    log.notes.push_back(fmt::format("{}: {} not what train.py writes, and left out{}",
                                    path.string(), counted(bad, "line is", "lines are"),
                                    bad < kMostBad ? "" : "; the rest was not read"));
  return log;
}

}  // namespace amalgam
