#include "amalgam/curves.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "amalgam/error.h"
#include "base/file.h"
#include "base/staged_output.h"
#include "curves/page.h"
#include "curves/points.h"
#include "extract/belongs.h"
#include "formats/metrics.h"
#include "formats/safetensors.h"
#include "formats/training_log.h"
#include "key/key.h"
#include "key/plan_of_key.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMostNamed = 20;  // sub-networks in a note

// Of these whichever is there names its job, which metrics.jsonl does not.
constexpr const char* kWeights[] = {"trained.safetensors", "best.safetensors",
                                    "checkpoint.safetensors", "checkpoint-2.safetensors"};

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

fs::path log_file(const fs::path& result) {
  const fs::path file = is_folder(result) ? result / "metrics.jsonl" : result;
  std::error_code ignored;
  if (fs::exists(file, ignored)) return file;
  throw Error(ErrorCode::kIo, result.string(),
              is_folder(result)
                  ? "is a folder without metrics.jsonl, which train.py writes as it trains; "
                    "give the folder that came back (its --out)"
                  : "is not there; give train.py's folder, or its metrics.jsonl");
}

std::optional<StagedOutput> page_output(const CurvesOptions& options) {
  if (!options.page) return std::nullopt;
  if (is_folder(options.result) && lies_inside(*options.page, options.result))
    throw Error(
        ErrorCode::kUsage, options.page->string(),
        "lies inside " + options.result.string() +
            ", which may go back to the cloud; write the page elsewhere: it tells which tasks "
            "are wanted");
  return std::optional<StagedOutput>(std::in_place, *options.page, StagedOutput::Kind::kFile);
}

// What a damaged file of weights says is extract's to refuse.
void check_job_beside(const fs::path& log, const Key& key) {
  for (const char* name : kWeights) {
    const fs::path path = log.parent_path() / name;
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored)) continue;
    std::optional<SafetensorsFile> file;
    try {
      file = read_safetensors_file(path);
    } catch (const Error&) {
      continue;
    }
    check_job_of(path.string(), file->metadata, key);
  }
}

TaskCurves curves_of(const KeyWanted& task, const SubnetworkLog& log) {
  TaskCurves curves{task.name,
                    log.metric,
                    std::nullopt,
                    points_of(log.epochs),
                    points_of(log.steps),
                    points_of(log.held_out)};
  const MetricRow* row = find_metric(log.metric);
  if (row && row->kind != MetricKind::kProgram) curves.higher = row->higher;
  return curves;
}

bool is_silent(const SubnetworkLog& log) {
  return log.epochs.empty() && log.steps.empty() && log.held_out.empty();
}

// Of all sub-networks, not of the wanted ones: who complains of one names it.
void note_silent(const fs::path& file, const TrainingLog& log, std::vector<std::string>& notes) {
  std::vector<std::size_t> silent;
  for (std::size_t k = 0; k < log.subnetworks.size(); ++k)
    if (is_silent(log.subnetworks[k])) silent.push_back(k);
  if (silent.empty()) return;
  const std::size_t more = silent.size() - std::min(silent.size(), kMostNamed);
  silent.resize(silent.size() - more);
  notes.push_back(fmt::format("{}: says nothing of sub-network{} {}{}", file.string(),
                              silent.size() == 1 ? "" : "s", fmt::join(silent, ", "),
                              more ? fmt::format(" and {} more", more) : ""));
}

}  // namespace

CurvesResult curves(const CurvesOptions& options) {
  const fs::path file = log_file(options.result);
  const Key key = open_key(options.key, options.passphrase);
  std::optional<StagedOutput> page = page_output(options);
  streams_of_key(key);  // throws where its tasks are other sub-networks than it says
  check_job_beside(file, key);
  TrainingLog log = read_training_log(file, key.tasks.size(), key.epochs);
  if (log.lines == 0)
    throw Error(ErrorCode::kDamaged, file.string(),
                "holds no line of this job's training (one is written after 50 batches, and after "
                "an epoch); give the metrics.jsonl of its train.py, and the key that was written "
                "with that job");
  CurvesResult result{{}, key.epochs, std::move(log.notes)};
  note_silent(file, log, result.notes);
  for (const KeyWanted& task : key.wanted)
    result.tasks.push_back(curves_of(task, log.subnetworks.at(task.subnetwork)));
  if (page) {
    write_file(page->path(), curves_page(result));
    page->commit();
  }
  return result;
}

}  // namespace amalgam
