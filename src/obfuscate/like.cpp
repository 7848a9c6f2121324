#include "obfuscate/like.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "amalgam/error.h"
#include "base/counted.h"
#include "extract/trained.h"
#include "job/job.h"

namespace amalgam {
namespace {

[[noreturn]] void differs(std::string what) {
  throw Error(ErrorCode::kInvalid, "--like", std::move(what));
}

const KeyTask& old_task(const Key& old, const std::string& name) {
  for (const KeyWanted& wanted : old.wanted)
    if (wanted.name == name) return old.tasks[wanted.task];
  differs("the old job has no task named '" + name + "'");
}

bool same_fields(const TaskShape& old, const TaskShape& shape) {
  return std::equal(old.fields.begin(), old.fields.end(), shape.fields.begin(), shape.fields.end(),
                    [](const ColumnShape& a, const ColumnShape& b) {
                      return a.group() == b.group() && a.width == b.width;
                    });
}

}  // namespace

std::vector<std::string> adopt_plan(const Key& old, const std::vector<TaskSettings>& settings,
                                    std::vector<Task>& wanted) {
  if (old.wanted.size() != wanted.size())
    differs(fmt::format("the old job had {}, this one has {}",
                        counted(old.wanted.size(), "wanted task"), wanted.size()));
  std::vector<std::string> other;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string& name = settings[i].name;
    const TaskShape& task = old_task(old, name).shape;
    TaskShape& shape = wanted[i].shape;
    if (!same_fields(task, shape))
      differs("the data of '" + name + "' has another dtype or shape than in the old job");
    if (shape.rest != task.rest) other.push_back(name);
    shape.fingerprint = task.fingerprint;
    shape.rest = task.rest;
    shape.row_order = task.row_order;
  }
  return other;
}

bool same_rows_like(const Key& old, std::span<const Task> wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Task& task) {
    return std::any_of(old.tasks.begin(), old.tasks.end(), [&](const KeyTask& before) {
      return before.shape.fingerprint == task.shape.fingerprint &&
             before.shape.rows == task.shape.rows;
    });
  });
}

void check_held_out_like(const Key& old, std::uint64_t held_out_rows) {
  if ((old.size.held_out_rows == 0) != (held_out_rows == 0))
    differs(
        fmt::format("this job would have {}, the old one has {}: a task that sets "
                    "rows aside in one of them alone can be told; {}",
                    counted(held_out_rows, "held-out row"), old.size.held_out_rows,
                    held_out_rows == 0 ? "give --validation, as then" : "leave --validation out"));
}

void check_tasks_like(const Key& old, const std::vector<Task>& tasks) {
  // The count first: another number of decoys gives each of them another variant.
  if (old.tasks.size() != tasks.size())
    differs(
        fmt::format("the old job had {}, this one has {}; give the same --decoy, --decoys "
                    "and --noise",
                    counted(old.tasks.size(), "task"), tasks.size()));
  std::multiset<std::string> before;
  for (const KeyTask& task : old.tasks) before.insert(task.shape.fingerprint);
  for (const Task& task : tasks) {
    const auto found = before.find(task.shape.fingerprint);
    if (found == before.end())
      differs(fmt::format(
          "'{}' is not in the old job; give the same --decoy, --decoys, --noise, --start, "
          "--variants and amounts, and the models as the old job had them: --trained continues "
          "from what it trained",
          task.label));
    before.erase(found);
  }
}

void check_vocabularies_like(const Key& old, const std::vector<Task>& tasks) {
  std::multiset<std::pair<std::string, std::uint64_t>> before;
  for (const KeyTask& task : old.tasks)
    for (const ColumnShape& columns : task.shape.features())
      before.emplace(task.shape.fingerprint, columns.vocabulary);
  for (const Task& task : tasks)
    for (const ColumnShape& columns : task.shape.features())
      if (!before.count({task.shape.fingerprint, columns.vocabulary}))
        differs("the tokens of '" + task.label + "' " +
                (columns.vocabulary > 0 ? "kept their numbers" : "were numbered anew") +
                " in the old job; give the same --disguise");
}

void check_network_like(const Key& old, const std::vector<Subnetwork>& network) {
  const std::vector<NamedTensor> weights = job_weights(network);
  const bool same = std::equal(weights.begin(), weights.end(), old.trained.begin(),
                               old.trained.end(), [](const NamedTensor& a, const KeyTensor& b) {
                                 return a.name == b.name && a.tensor.dtype == b.dtype &&
                                        a.tensor.shape == b.shape;
                               });
  if (!same) differs("a model has other tensors than in the old job");
}

void check_starts_like(const Key& old, const Key& key, bool variants) {
  std::set<std::string> other;  // sub-networks that begin with other values
  for (std::size_t i = 0; i < key.trained.size(); ++i)
    if (key.trained[i].digest != old.trained[i].digest)
      other.insert(key.trained[i].name.substr(0, key.trained[i].name.rfind('.') + 1));
  if (other.empty() || (other.size() == key.tasks.size() && !variants)) return;
  std::string names;
  for (const KeyWanted& wanted : key.wanted)
    if (other.count(subnetwork_prefix(wanted.subnetwork)))
      names += (names.empty() ? "'" : ", '") + wanted.name + "'";
  differs(fmt::format(
      "{} of {} sub-networks would begin with other values than in the old job{}: the cloud has "
      "both jobs, and what it trained, and would see which task is yours. Continue all of them "
      "with "
      "--trained and the trained file of the old job, or none: give the models as the old job had "
      "them",
      other.size(), key.tasks.size(), names.empty() ? "" : ", those of " + names + " among them"));
}

void continue_from(const std::filesystem::path& trained, const Key& old,
                   std::vector<Subnetwork>& network) {
  std::map<std::string, Tensor> found;
  for (NamedTensor& named : read_trained(trained, old).tensors)
    found.emplace(std::move(named.name), std::move(named.tensor));
  for (Subnetwork& sub : network)
    for (NamedTensor& named : sub.tensors) named.tensor = found.at(named.name);
}

}  // namespace amalgam
