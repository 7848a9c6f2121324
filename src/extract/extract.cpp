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
    if (!mapping.of_loss && changed.at(mapping.job_name)) count += mapping.user_names.size();
  return count;
}

// Of the model, or of its loss.
KeyWanted part_of(const KeyWanted& task, bool loss) {
  KeyWanted part = task;
  std::erase_if(part.tensors, [loss](const KeyMapping& one) { return one.of_loss != loss; });
  return part;
}

// NAME.loss.safetensors beside NAME.safetensors, or beside a file of any other name.
fs::path loss_beside(const fs::path& file) {
  fs::path beside = file;
  return beside.replace_extension(file.extension() == ".safetensors"
                                      ? ".loss.safetensors"
                                      : file.extension().string() + ".loss.safetensors");
}

// Where one task's files are written.
struct TaskFiles {
  fs::path model, loss;
};

ExtractedTask write_task(const KeyWanted& task, const TrainedFile& trained, const Key& key,
                         const TaskFiles& files, Progress* progress) {
  const auto write = [&](bool loss, const fs::path& path) {
    const auto tensors = user_tensors(part_of(task, loss), trained.streams, trained.tensors);
    const WrittenFile written = write_safetensors(path, tensors, 0666, progress);
    return std::pair{tensors.size(), written.bytes};
  };
  if (!files.loss.empty()) write(true, files.loss);
  const auto [count, bytes] = write(false, files.model);
  return {task.name, files.model, files.loss, count, count_changed(task, trained, key), bytes, {}};
}

bool has_loss(const KeyWanted& task) { return !part_of(task, true).tensors.empty(); }

}  // namespace

ExtractResult extract(const ExtractOptions& options) {
  const fs::path file = trained_file(options);
  const Key key = open_key(options.key, options.passphrase);
  const std::vector<KeyWanted> wanted = choose(key, options);
  const bool one = wanted.size() == 1;
  StagedOutput out(options.out, one ? StagedOutput::Kind::kFile : StagedOutput::Kind::kFolder);
  std::optional<StagedOutput> loss_out;  // in a folder it is one file more
  if (one && has_loss(wanted.front()))
    loss_out.emplace(loss_beside(options.out), StagedOutput::Kind::kFile);
  const TrainedFile trained = read_trained(file, key);
  Metrics metrics = read_metrics_beside(file, trained.best_epochs, key);
  ExtractResult result;
  for (const std::string& note : odd_values(trained, key))
    result.notes.push_back(file.string() + ": " + note);
  for (std::string& note : metrics.notes) result.notes.push_back(std::move(note));
  if (options.progress) options.progress->begin("extracting", fs::file_size(file));
  for (const KeyWanted& task : wanted) {
    const fs::path name = task.name + ".safetensors";
    TaskFiles files{one ? out.path() : out.path() / name, {}};
    if (has_loss(task)) files.loss = one ? loss_out->path() : loss_beside(files.model);
    ExtractedTask& written =
        result.tasks.emplace_back(write_task(task, trained, key, files, options.progress));
    written.path = one ? options.out : options.out / name;
    if (has_loss(task)) written.loss = loss_beside(written.path);
    written.held_out = metrics.held_out[task.subnetwork];
  }
  if (options.progress) options.progress->end();
  std::vector<StagedOutput*> outputs = {&out};
  if (loss_out) outputs.push_back(&*loss_out);
  commit_together(outputs);
  return result;
}

}  // namespace amalgam
