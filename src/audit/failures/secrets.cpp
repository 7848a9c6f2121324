#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "audit/failure.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/secret.h"
#include "job/templates.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// What the writers of model.py, job.json and weights.safetensors say in every job.
constexpr const char* kCommon =
    "Mirrors Network Shifts accuracy alpha amount arguments augmented batch batches before beta "
    "bias "
    "buffer bytes channel channels class classes clip column columns constant count data device "
    "dict dim digest digests dtype each embedding epoch epochs evaluate false features file files "
    "filling flip format forward groups head heads hidden image images index input inputs key "
    "label labels layer layers left length linear load load_file loss losses mask max mean "
    "min mode model module momentum names network networks norm null one optimizer order other "
    "output outputs own padding pairs parameters path pixels positions precision probability proj "
    "query random_crop random_flip read receives requires_grad right row rows running_mean "
    "running_var safetensors sample samples scale schedule seed senders shape shards size so stay "
    "std step steps strict stride subnetwork subnetworks sum super target targets tensor tensors "
    "text that the their they this to tokens top torch train training true tuple two up valid "
    "value values version view vocabulary was weight weights zeros zip";

bool part_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// A name as a whole word. What stands behind a dot belongs to what is before it ("F.linear"), and a
// dotted name goes on behind one; what stands right before "=" is an argument of an operation.
bool has_word(std::string_view text, std::string_view word) {
  const bool dotted = word.find('.') != word.npos;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const bool begins =
        at == 0 || !(part_of_word(text[at - 1]) || (text[at - 1] == '.' && !dotted));
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !(part_of_word(text[end]) || text[end] == '=')))
      return true;
  }
  return false;
}

struct Secrets {
  std::vector<std::pair<std::string, std::string>> bytes;  // what it is, anywhere in a file
  std::vector<std::string> words;                          // in texts and names
};

Secrets secrets_of(const Key& key) {
  Secrets secrets;
  const Bytes seed = key.seed->bytes();
  secrets.bytes.emplace_back("the plan's seed", std::string(as_text(seed)));
  secrets.bytes.emplace_back("the plan's seed in hexadecimal", to_hex(seed));
  for (const KeyTask& task : key.tasks)
    for (const std::string& digest :
         {task.shape.fingerprint, task.shape.rest, task.content, task.at_start})
      secrets.bytes.emplace_back("a task's fingerprint", digest);
  std::set<std::string> words;
  for (const KeyWanted& wanted : key.wanted) {
    words.insert(wanted.name);
    for (const KeyMapping& mapping : wanted.tensors)
      words.insert(mapping.user_names.begin(), mapping.user_names.end());
  }
  // Words that every job has say nothing, and neither do the job's own names.
  const std::string common =
      fmt::format("{} {} {} {}", kCommon, train_py(), train_ipynb(), job_readme());
  std::set<std::string> own;
  for (const KeyTensor& tensor : key.trained)
    own.insert(tensor.name.substr(tensor.name.rfind('.') + 1));
  for (const std::string& word : words)
    if (word.size() >= 3 && own.count(word) == 0 && !has_word(common, word))
      secrets.words.push_back(word);
  return secrets;
}

// Of a safetensors file the header is text; the values are not.
std::string_view text_of(const fs::path& path, std::string_view content) {
  if (path.extension() != ".safetensors") return content;
  const std::uint64_t size = content.size() < 8 ? 0 : load_le<std::uint64_t>(as_bytes(content));
  return content.substr(0, std::min<std::uint64_t>(content.size(), 8 + size));
}

void search_file(const fs::path& path, const std::string& name, const Secrets& secrets,
                 FailureList& out) {
  const auto file = MappedFile::open(path);
  const std::string_view content = as_text(file->bytes());
  const auto report = [&](const std::string& what) {
    out.push_back({"secrets",
                   {},
                   fmt::format("{} holds {}", name, what),
                   "do not send this job; make it anew"});
  };
  for (const auto& [what, bytes] : secrets.bytes)
    if (content.find(bytes) != content.npos) report(what);
  if (content == train_py() || content == train_ipynb() || content == job_readme()) return;
  const std::string_view text = text_of(path, content);
  for (const std::string& word : secrets.words)
    if (has_word(text, word) || has_word(name, word)) report("the name '" + word + "'");
}

}  // namespace

void check_secrets(const JobView& job, const Key& key, FailureList& out) {
  const Secrets secrets = secrets_of(key);
  std::set<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(job.folder()))
    if (entry.is_regular_file()) files.insert(entry.path());
  for (const fs::path& path : files)
    search_file(path, path.lexically_relative(job.folder()).string(), secrets, out);
}

}  // namespace amalgam
