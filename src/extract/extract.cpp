#include "amalgam/extract.h"

#include <fmt/format.h>

#include <map>

#include "amalgam/error.h"
#include "base/file.h"
#include "base/staged_output.h"
#include "extract/metrics.h"
#include "extract/trained.h"
#include "extract/values.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

std::vector<KeyWanted> choose(const Key& key, const ExtractOptions& options) {
  if (!options.task) return key.wanted;
  std::string names;
  for (const KeyWanted& task : key.wanted) {
    if (task.name == *options.task) return {task};
    names += (names.empty() ? "'" : ", '") + task.name + "'";
  }
  throw Error(ErrorCode::kInvalid, "--task",
              fmt::format("'{}' is not a task of this key; it has {}", *options.task, names));
}

// What train.py calls the file that is asked for, and when it writes it.
std::pair<std::string, std::string_view> file_asked_for(const ExtractOptions& options) {
  if (options.ema)
    return {"ema.safetensors", "train.py writes at its end where the recipe has ema"};
  if (options.best)
    return {"best.safetensors", "train.py writes after each epoch, but with --keep without best"};
  if (options.epoch)
    return {fmt::format("epoch-{:03}.safetensors", *options.epoch),
            "train.py writes after each epoch, counted from 1"};
  return {"trained.safetensors", "train.py writes at its end"};
}

// A file, or what lies in the folder that train.py made, or beside its trained.safetensors.
fs::path trained_file(const ExtractOptions& options) {
  const fs::path& given = options.trained;
  if (options.ema + options.best + options.epoch.has_value() > 1)
    throw Error(ErrorCode::kUsage, "--ema, --best, --epoch",
                "each names other weights; give one of them");
  std::error_code ignored;
  const bool folder = fs::is_directory(given, ignored);
  if (!folder && !options.ema && !options.best && !options.epoch) return given;
  const auto [name, when] = file_asked_for(options);
  const fs::path file = folder ? given / name : given.parent_path() / name;
  if (!fs::exists(file, ignored))
    throw Error(ErrorCode::kIo, given.string(),
                fmt::format("{} {}, which {}", folder ? "is a folder without" : "has beside it no",
                            name, when));
  return file;
}

std::size_t count_changed(const KeyWanted& task, const TrainedFile& trained, const Key& key) {
  std::map<std::string, bool> changed;
  for (std::size_t i = 0; i < key.trained.size(); ++i)
    changed[key.trained[i].name] = trained.digests[i] != key.trained[i].digest;
  std::size_t count = 0;
  for (const KeyMapping& mapping : task.tensors)
    if (changed.at(mapping.job_name)) count += mapping.user_names.size();
  return count;
}

ExtractedTask write_task(const KeyWanted& task, const TrainedFile& trained, const Key& key,
                         const fs::path& path, Progress* progress) {
  const std::vector<NamedTensor> tensors = user_tensors(task, trained.streams, trained.tensors);
  const WrittenFile written = write_safetensors(path, tensors, 0666, progress);
  return {task.name, path, tensors.size(), count_changed(task, trained, key), written.bytes, {}};
}

}  // namespace

ExtractResult extract(const ExtractOptions& options) {
  const fs::path file = trained_file(options);
  const Key key = open_key(options.key, options.passphrase);
  const std::vector<KeyWanted> wanted = choose(key, options);
  const bool one = wanted.size() == 1;
  StagedOutput out(options.out, one ? StagedOutput::Kind::kFile : StagedOutput::Kind::kFolder);
  const TrainedFile trained = read_trained(file, key);
  Metrics metrics = read_metrics_beside(file, key.tasks.size());
  ExtractResult result;
  for (const std::string& note : odd_values(trained, key))
    result.notes.push_back(file.string() + ": " + note);
  for (std::string& note : metrics.notes) result.notes.push_back(std::move(note));
  if (options.progress) options.progress->begin("extracting", fs::file_size(file));
  for (const KeyWanted& task : wanted) {
    const fs::path name = task.name + ".safetensors";
    result.tasks.push_back(
        write_task(task, trained, key, one ? out.path() : out.path() / name, options.progress));
    result.tasks.back().path = one ? options.out : options.out / name;
    result.tasks.back().held_out = metrics.held_out[task.subnetwork];
  }
  if (options.progress) options.progress->end();
  out.commit();
  return result;
}

}  // namespace amalgam
