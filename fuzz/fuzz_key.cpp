// A key: a file as it is; a body as it would be sealed; or a good body with values exchanged, which
// gets further. What is accepted must give its streams, and its plan where its rows are few.
#include "amalgam/key.h"
#include "base/json.h"
#include "base/random.h"
#include "base/secret.h"
#include "key/body.h"
#include "key/plan_of_key.h"
#include "target.h"

namespace amalgam::fuzz {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kFewRows = 1u << 16;

Secret seed() { return seed_from_hex(std::string(64, '1')); }

Key good_key() {
  using Kind = KeyTensor::Kind;
  const std::string digest(32, '0');
  Key key;
  key.seed = std::make_shared<const Secret>(seed());
  key.rows = 4;
  key.job_digest = std::string(64, '0');
  const KeyColumns label{DType::kInt64, 1};
  key.tasks = {{"a1", "a1", {{DType::kFloat32, 3}}, label, 4, 0},
               {"b2", "b2", {{DType::kFloat32, 3}}, label, 5, 1, true, true},
               {"c3", "c3", {{DType::kFloat32, 3, 0, true}}, label, 4, 0, true, true, "uniform"}};
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

void collect(Json& value, std::vector<Json*>& places) {
  places.push_back(&value);
  if (value.is_structured())
    for (Json& inner : value) collect(inner, places);
}

const std::vector<Json>& replacements() {
  static const std::vector<Json> all = {0,
                                        1,
                                        2,
                                        -1,
                                        5,
                                        1u << 16,
                                        std::uint64_t{1} << 32,
                                        1.5,
                                        true,
                                        false,
                                        nullptr,
                                        "",
                                        "../..",
                                        std::uint64_t{1} << 63,
                                        "a\x1b",
                                        "x",
                                        "0",
                                        "float32",
                                        "data",
                                        "int64",
                                        UINT64_MAX,
                                        Json::array(),
                                        Json::object(),
                                        Json::array({Json::array({0, 1})})};
  return all;
}

// Pairs of bytes: which value, and what stands there instead.
std::string edited(Bytes edits) {
  Json body = Json::parse(good_body());
  for (std::size_t i = 0; i + 1 < edits.size() && i < 16; i += 2) {
    std::vector<Json*> places;
    collect(body, places);
    const auto place = static_cast<std::size_t>(edits[i]) % places.size();
    const auto choice = static_cast<std::size_t>(edits[i + 1]);
    Json& at = *places[place];
    if (choice < replacements().size())
      at = replacements()[choice];
    else if (at.is_array() && !at.empty())
      at.push_back(Json(at[choice % at.size()]));
    else if (at.is_number_unsigned())
      at = at.get<std::uint64_t>() + choice - replacements().size();
  }
  return body.dump();
}

void draw(const std::string& text) {
  Key key = read_body(text, "body");
  key.seed = std::make_shared<const Secret>(seed());
  streams_of_key(key);
  std::uint64_t rows = key.rows + key.held_out_rows;
  for (const KeyTask& task : key.tasks) rows = std::max(rows, task.rows + task.held_out_rows);
  if (rows <= kFewRows) plan_of_key(key);
}

}  // namespace

std::vector<std::string> seeds() {
  const fs::path path = fs::temp_directory_path() / ("amalgam-fuzz-" + std::to_string(::getpid()));
  write_key(path, good_key(), std::nullopt);
  const std::string file = file_text(path);
  fs::remove(path);
  return {file, good_body(), std::string("E\0\x30\0\x30\0\x30\0\x30", 9)};
}

void run(Bytes input) {
  const std::string_view text = as_text(input);
  if (text.starts_with("E")) return draw(edited(input.subspan(1)));
  if (text.starts_with("{")) return draw(std::string(text));
  const InputFile file(input);
  read_key_header(file.path());
  read_key(file.path(), std::nullopt);
}

}  // namespace amalgam::fuzz
