#include "amalgam/extract.h"

#include <fmt/format.h>

#include "amalgam/error.h"
#include "base/file.h"
#include "extract/trained.h"
#include "key/plan_of_key.h"

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

// Drawn once for all tasks, and not at all where no tokens were numbered anew.
Plan plan_of_tokens(const Key& key, const std::vector<KeyWanted>& wanted) {
  for (const KeyWanted& task : wanted)
    for (const KeyMapping& mapping : task.tensors)
      if (mapping.renumbered) return plan_of_key(key);
  return {};
}

ExtractedTask write_task(const KeyWanted& task, const Plan& plan,
                         const std::vector<NamedTensor>& trained, const fs::path& path,
                         Progress* progress) {
  const std::vector<NamedTensor> tensors = user_tensors(task, plan, trained);
  const WrittenFile written = write_safetensors(path, tensors, 0666, progress);
  return {task.name, path, tensors.size(), written.bytes};
}

}  // namespace

std::vector<ExtractedTask> extract(const ExtractOptions& options) {
  const Key key = read_key(options.key, options.passphrase);
  const std::vector<KeyWanted> wanted = choose(key, options);
  const bool one = wanted.size() == 1;
  StagedOutput out(options.out, one ? StagedOutput::Kind::kFile : StagedOutput::Kind::kFolder);
  const std::vector<NamedTensor> trained = read_trained(options.trained, key, wanted);
  const Plan plan = plan_of_tokens(key, wanted);
  std::vector<ExtractedTask> done;
  if (options.progress) options.progress->begin("extracting", fs::file_size(options.trained));
  for (const KeyWanted& task : wanted) {
    const fs::path name = task.name + ".safetensors";
    done.push_back(
        write_task(task, plan, trained, one ? out.path() : out.path() / name, options.progress));
    done.back().path = one ? options.out : options.out / name;
  }
  if (options.progress) options.progress->end();
  out.commit();
  return done;
}

}  // namespace amalgam
