// A key: a file as it is; a body as it would be sealed ("S": sealed and opened, in truth); or "E"
// and edits (edits.h), a good body with values exchanged, which gets further. What is accepted must
// be written as it was read, and give its streams, and its plan where its rows are few.
#include "base/random.h"
#include "base/secret.h"
#include "edits.h"
#include "key/body.h"
#include "key/key.h"
#include "key/key_format.h"
#include "key/plan_of_key.h"
#include "target.h"

namespace amalgam::fuzz {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kFewRows = 1u << 16;

Secret seed() { return seed_from_hex(std::string(64, '1')); }

Key good_key() {
  using Kind = TensorKind;
  const std::string digest(32, '0');
  Key key;
  key.seed = std::make_shared<const Secret>(seed());
  key.size.rows = 4;
  key.job_digest = std::string(64, '0');
  const ColumnShape plain{Role::kFeature, DType::kFloat32, 3},
      label{Role::kTarget, DType::kInt64, 1};
  ColumnShape scattered = plain;
  scattered.scattered = true;
  key.tasks = {{{"a1", "0a", {plain, label}, 4, 0}, "a1", "a1"},
               {{"b2", "0b", {plain, label}, 5, 1, true, true}, "b2", "b2"},
               {{"c3", "0c", {scattered, label}, 4, 0, true, true}, "c3", "c3", "uniform"}};
  for (std::size_t s = 0; s < key.tasks.size(); ++s) {
    const std::string prefix = "subnetworks." + std::to_string(s) + ".";
    key.trained.push_back(
        {prefix + "weight", DType::kFloat32, {2, 3}, Kind::kParameter, digest, {{1, 2}}, 0, 0});
    key.trained.push_back({prefix + "count", DType::kInt64, {}, Kind::kCounter, digest, {}, 1, 1});
    key.trained.push_back(
        {prefix + "positions", DType::kInt64, {3}, Kind::kPositions, digest, {}, 0, 0});
  }
  KeyWanted wanted{"task", 0, 0, {{{"weight"}, "subnetworks.0.weight"}}};
  const Plan plan = [&] {
    Key unnamed = key;
    return streams_of_key(unnamed);
  }();
  while (plan.streams[wanted.subnetwork].task != 0) ++wanted.subnetwork;
  wanted.tensors[0].job_name = "subnetworks." + std::to_string(wanted.subnetwork) + ".weight";
  key.wanted = {wanted};
  return key;
}

const std::string& good_body() {
  static const std::string text = key_to_text(good_key());
  return text;
}

void draw(const std::string& text) {
  Key key = read_body(text, "body");
  if (const std::string written = key_to_text(key);
      key_to_text(read_body(written, "body")) != written)
    std::abort();
  key.seed = std::make_shared<const Secret>(seed());
  streams_of_key(key);
  std::uint64_t rows = key.size.rows + key.size.held_out_rows;
  for (const KeyTask& task : key.tasks)
    rows = std::max(rows, task.shape.rows + task.shape.held_out_rows);
  if (rows <= kFewRows) plan_of_key(key);
}

// A path of our own, for what is written.
class Path {
 public:
  Path() : path_(fs::temp_directory_path() / ("amalgam-fuzz-" + std::to_string(::getpid()))) {}
  ~Path() { fs::remove(path_); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;
  operator const fs::path&() const { return path_; }

 private:
  fs::path path_;
};

void seal(std::string_view text) {
  const Path path;
  seal_body(path, seed(), text, std::nullopt);
  write_key(path, open_key(path, std::nullopt), std::nullopt);
  open_key(path, std::nullopt);
}

// A passphrase is tried where a file asks for little work.
std::optional<std::string> passphrase_for(Bytes file) {
  using namespace key_format;
  if (file.size() < kHeaderBytes) return std::nullopt;
  const bool cheap = load_le<std::uint64_t>(file, kMemoryAt) <= (1u << 16) ||
                     load_le<std::uint64_t>(file, kMemoryAt) > kMostMemory;
  return cheap ? std::optional<std::string>("passphrase") : std::nullopt;
}

std::string with_passphrase(std::string file, std::uint64_t memory) {
  const MutableBytes bytes = std::as_writable_bytes(std::span(file));
  store_le<std::uint32_t>(bytes, key_format::kFlagsAt, key_format::kPassphraseFlag);
  store_le<std::uint64_t>(bytes, key_format::kOperationsAt, 1);
  store_le<std::uint64_t>(bytes, key_format::kMemoryAt, memory);
  return file;
}

// A value of the good body exchanged: what the reader of bodies has to say of each.
constexpr std::pair<const char*, const char*> kChanges[] = {
    {"/body", "1"},
    {"/build", "1"},
    {"/body", "removed"},
    {"/build", "removed"},
    {"/rows", "-1"},
    {"/extra", "1"},
    {"/trained/0/dtype", R"("float")"},
    {"/trained/0/kind", R"("frozen")"},
    {"/trained/0/kind", R"("buffer")"},
    {"/trained/0/kind", R"("weights")"},
    {"/trained/0/not_finite", "[1]"},
    {"/trained/0/shape", "[1, -1]"},
    {"/tasks/0/fields/1/group", "\"x.uint8\""},
    {"/tasks/0/fields/0/extra", "1"},
    {"/wanted/0/tensors/0/names", "[1]"},
    {"/wanted", "[]"},
    {"/job", R"("x")"},
    {"/links", "2"},
    {"/tasks", "[]"},
    {"/epochs", "18446744073709551615"},
    {"/trained/0/name", R"("weight")"},
    {"/trained/0/name", R"("subnetworks.0.a\u0007")"},
    {"/trained/1/name", R"("subnetworks.0.weight")"},
    {"/trained/0/not_finite", "[[5, 2], [1, 1]]"},
    {"/trained/0/digest", R"("0")"},
    {"/trained/0/start", "3"},
    {"/trained/1/kind", R"("variance")"},
    {"/trained/1/shape", "[2]"},
    {"/trained/2/dtype", R"("float32")"},
    {"/trained/2/shape", "[7]"},
    {"/tasks/0/fields/0/borrowed", "9"},
    {"/tasks/0/fields/0/scattered", "true"},
    {"/tasks/2/fields/0/vocabulary", "5"},
    {"/tasks/0/origin", R"("nowhere")"},
    {"/tasks/0/rows", "0"},
    {"/tasks/0/rows", "1099511627776"},
    {"/tasks/0/fingerprint", R"("no digits")"},
    {"/wanted/0/name", R"("../..")"},
    {"/wanted/0/task", "9"},
    {"/wanted/0/tensors/0/job", R"("subnetworks.0.nowhere")"},
    {"/wanted/0/tensors/0/renumbered", "true"},
    {"/wanted/0/tensors/0/of_loss", "true"},
};

}  // namespace

std::vector<std::string> seeds() {
  const Path path;
  write_key(path, good_key(), std::nullopt);
  const std::string file = file_text(path);
  std::string version = file;
  version[key_format::kVersionAt] = 9;
  std::vector<std::string> out = {file,
                                  good_body(),
                                  "S" + good_body(),
                                  with_passphrase(file, 8192),
                                  with_passphrase(file, 1 << 20),
                                  with_passphrase(file, UINT64_MAX),
                                  version,
                                  file.substr(0, file.size() - 1),
                                  "AMALGKEY",
                                  "[]",
                                  "S{}",
                                  std::string("E\x30\0\x03\0\0\x40\0\xFF\x20\0", 11)};
  for (const auto& [pointer, value] : kChanges)
    out.push_back(changed(Json::parse(good_body()), pointer, value).dump());
  Json twice = Json::parse(good_body());
  twice["wanted"].push_back(Json(twice["wanted"][0]));
  out.push_back(twice.dump());
  return out;
}

void run(Bytes input) {
  const std::string_view text = as_text(input);
  if (text.starts_with("E")) return draw(edited(Json::parse(good_body()), input.subspan(1)).dump());
  if (text.starts_with("S")) return seal(text.substr(1));
  if (text.starts_with("{") || text.starts_with("[")) return draw(std::string(text));
  const InputFile file(input);
  read_key_header(file.path());
  open_key(file.path(), passphrase_for(input));
}

}  // namespace amalgam::fuzz
