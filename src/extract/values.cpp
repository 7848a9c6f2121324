#include "extract/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "amalgam/error.h"
#include "base/bytes.h"
#include "base/counted.h"
#include "base/parallel.h"
#include "formats/finite.h"
#include "formats/negative.h"

namespace amalgam {
namespace {

using Kind = TensorKind;

// Tensors named in a note; the rest are counted.
constexpr std::size_t kNamed = 3;

// The first element that is not finite and was: both lists ascend, and runs of the key do not
// touch unless joined.
std::optional<std::uint64_t> first_new(const NotFiniteRuns& found, const KeyRuns& allowed) {
  auto run = allowed.begin();
  for (const auto& [first, count] : found)
    for (std::uint64_t element = first, end = first + count; element < end;) {
      while (run != allowed.end() && run->first + run->second <= element) ++run;
      if (run == allowed.end() || run->first > element) return element;
      element = run->first + run->second;
    }
  return std::nullopt;
}

std::string wrong_value(const NamedTensor& named, const std::string& digest,
                        const KeyTensor& expected) {
  const bool same = digest == expected.digest;
  if (same) return "";
  if (const auto at = first_new(not_finite_runs(named.tensor), expected.not_finite))
    return fmt::format(
        "tensor '{}' has a value that is not finite (element {}); the training diverged or the "
        "file was changed",
        named.name, *at);
  if (expected.kind == Kind::kVariance)
    if (const auto at = first_negative(named.tensor))
      return fmt::format("tensor '{}' has a variance below 0 (element {}); the file was changed",
                         named.name, *at);
  if (expected.kind == Kind::kFrozen || expected.kind == Kind::kConstant)
    return fmt::format("tensor '{}' was changed, though training does not change it", named.name);
  return "";
}

// "subnetworks.3" and the rest.
std::pair<std::string, std::string> split(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return {name.substr(0, dot), name.substr(dot + 1)};
}

std::vector<std::string> unmoved(const TrainedFile& trained, const Key& key) {
  std::map<std::string, std::vector<std::string>> still;  // by sub-network
  std::map<std::string, std::size_t> trainable;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < key.trained.size(); ++i) {
    if (key.trained[i].kind != Kind::kParameter) continue;
    const auto [subnetwork, name] = split(key.trained[i].name);
    if (++trainable[subnetwork] == 1) order.push_back(subnetwork);
    if (trained.digests[i] == key.trained[i].digest) still[subnetwork].push_back(name);
  }
  std::vector<std::string> notes;
  for (const std::string& subnetwork : order) {
    std::vector<std::string> names = still[subnetwork];
    if (names.empty()) continue;
    const std::size_t count = names.size();
    names.resize(std::min(count, kNamed));
    notes.push_back(fmt::format("{}: {} of {} never moved ({}{})", subnetwork, count,
                                counted(trainable[subnetwork], "trainable tensor"),
                                fmt::join(names, ", "), count > kNamed ? ", ..." : ""));
  }
  return notes;
}

// Batches that a counter counted since the job was made.
std::optional<std::uint64_t> batches(const Tensor& tensor, const KeyTensor& counter) {
  const auto value = load_le<std::int64_t>(tensor.source->view());
  const auto found = static_cast<std::uint64_t>(value);
  if (value < 0 || found < counter.start || (found - counter.start) % counter.per_batch != 0)
    return std::nullopt;
  return (found - counter.start) / counter.per_batch;
}

// Every full batch, and a last one that is not too small: for several processes it may be.
std::pair<std::uint64_t, std::uint64_t> batches_of_recipe(const Key& key) {
  const std::uint64_t full = key.size.rows / key.batch_size, rest = key.size.rows % key.batch_size;
  return {key.epochs * full, key.epochs * (full + (rest >= 2 ? 1 : 0))};
}

std::vector<std::string> miscounted(const TrainedFile& trained, const Key& key) {
  const auto [least, most] = batches_of_recipe(key);
  std::map<std::uint64_t, std::set<std::string>> counting;  // sub-networks, by batches
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < key.trained.size(); ++i) {
    if (key.trained[i].kind != Kind::kCounter) continue;
    const auto found = batches(trained.tensors[i].tensor, key.trained[i]);
    if (!found)
      notes.push_back(
          fmt::format("'{}' holds a count that no number of batches gives", key.trained[i].name));
    else if (*found != least && *found != most && (*found > most || trained.best_epochs.empty()))
      counting[*found].insert(split(key.trained[i].name).first);
  }
  for (const auto& [count, subnetworks] : counting)
    notes.push_back(
        fmt::format("{} counts {}; the recipe gives {}: {}", fmt::join(subnetworks, ", "),
                    counted(count, "batch", "batches"), most,
                    count < most ? "training was stopped early, or this is an earlier epoch's file"
                                 : "it was trained for longer, or counters were changed"));
  return notes;
}

}  // namespace

void check_values(const std::string& where, const TrainedFile& trained, const Key& key) {
  std::vector<std::string> wrong(key.trained.size());
  parallel_blocks(0, wrong.size(), [&](std::uint64_t i) {
    wrong[i] = wrong_value(trained.tensors[i], trained.digests[i], key.trained[i]);
  });
  Findings findings;
  for (std::string& what : wrong)
    if (!what.empty()) findings.add(ErrorCode::kTrained, where, std::move(what));
  findings.raise();
}

std::vector<std::string> odd_values(const TrainedFile& trained, const Key& key) {
  bool trained_at_all = false;
  for (std::size_t i = 0; i < key.trained.size(); ++i)
    trained_at_all = trained_at_all || trained.digests[i] != key.trained[i].digest;
  if (!trained_at_all) return {"equals the untrained job: nothing in it was trained"};
  std::vector<std::string> notes = unmoved(trained, key);
  for (std::string& note : miscounted(trained, key)) notes.push_back(std::move(note));
  return notes;
}

}  // namespace amalgam
