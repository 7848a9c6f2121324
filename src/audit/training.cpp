#include "audit/training.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "amalgam/version.h"
#include "audit/main_feature.h"
#include "base/bytes.h"
#include "base/file.h"
#include "job/code.h"
#include "verify/process.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// Games that teach a classifier of rows; they are not scored.
constexpr std::uint64_t kLessons = 40;
// Larger images are averaged down to this by networks.
constexpr std::uint64_t kSide = 32;

// Without importing them, which takes seconds.
constexpr const char* kAnswer = "what the attackers wrote";
constexpr const char* kLooksForModules =
    "import importlib.util as u\n"
    "needed = ('amalgam', 'torch', 'safetensors', 'tqdm', 'captum', 'sklearn')\n"
    "lacking = [name for name in needed if u.find_spec(name) is None]\n"
    "lacking and sys.exit('no module ' + ', '.join(lacking))";

constexpr const char* kAttackers =
    "import runpy; runpy.run_module('amalgam.attackers', run_name='__main__', alter_sys=True)";

// Follows "progress DONE TOTAL" lines in a file that grows.
class ProgressLines {
 public:
  ProgressLines(fs::path log, Progress* progress, const char* shown)
      : log_(std::move(log)), progress_(progress), shown_(shown) {}

  void operator()() {
    if (!progress_) return;
    std::ifstream file(log_);
    file.seekg(read_);
    std::string line;
    while (std::getline(file, line) && !file.eof()) {
      read_ = file.tellg();
      std::istringstream words(line);
      std::string word;
      std::uint64_t done = 0, total = 0;
      if (words >> word >> done >> total && word == "progress") note(done, total);
    }
  }

 private:
  void note(std::uint64_t done, std::uint64_t total) {
    if (!begun_) progress_->begin(shown_, total);
    begun_ = true;
    if (done > done_) progress_->advance(done - done_);
    done_ = std::max(done, done_);
  }

  fs::path log_;
  Progress* progress_;
  const char* shown_;
  std::streamoff read_ = 0;
  std::uint64_t done_ = 0;
  bool begun_ = false;
};

// What a curve or a score is where it was no number: NaN is null in JSON.
double number_or(const std::optional<JsonReader>& json, double otherwise) {
  return json ? json->real() : otherwise;
}

std::optional<double> number_of(const std::optional<JsonReader>& json) {
  return json ? std::optional(json->real()) : std::nullopt;
}

double real_of(const JsonReader& json) { return json.real(); }
float float_of(const JsonReader& json) { return static_cast<float>(json.real()); }

TrainingScore score_of(const JsonReader& json) {
  return {number_or(json.find("loss"), INFINITY), number_of(json.find("accuracy")),
          number_of(json.find("chance")), json["rows"].real()};
}

std::optional<TrainingFacts> facts_of(const std::optional<JsonReader>& facts) {
  if (!facts) return std::nullopt;
  return TrainingFacts{score_of((*facts)["training"]), score_of((*facts)["held_out"]),
                       number_or(facts->find("moved"), INFINITY),
                       number_or(facts->find("gradient"), INFINITY)};
}

// [stream][number]
Measurements measurements_of(const JsonReader& json) {
  return json.list([](const JsonReader& stream) { return stream.list(real_of); });
}

AttackFacts attack_of(const JsonReader& json) {
  return {json["name"].text(), json["sees"].text(), json["statistics"].texts(),
          static_cast<int>(json["naive"].integer())};
}

std::pair<double, double> point_of(const JsonReader& json) {
  const auto pair = json.elements();
  if (pair.size() != 2) json.refuse("must be a step and a loss");
  return {pair[0].real(), pair[1].value().is_null() ? INFINITY : pair[1].real()};
}

OwnSubnetwork subnetwork_of(const JsonReader& json) {
  OwnSubnetwork sub;
  sub.own = facts_of(json.find("own"));
  sub.file = facts_of(json.find("file"));
  if (const auto curve = json.find("curve")) sub.curve = curve->list(point_of);
  if (const auto leak = json.find("leak")) {
    const auto rows = (*leak)["values"].elements();
    if (rows.size() != 2) (*leak)["values"].refuse("must be a row and what was recovered of it");
    sub.row = rows[0].list(float_of);
    sub.recovered = rows[1].list(float_of);
    sub.psnr = number_or(leak->find("psnr"), 0);
  }
  if (const auto saliency = json.find("saliency")) sub.saliency = saliency->list(float_of);
  return sub;
}

}  // namespace

Training::Training(const AuditOptions& options, const JobView& job) : options_(options), job_(job) {
  check_code(job.folder(), job.manifest());
  const ProcessResult result =
      run_process(python_code(options.python, kLooksForModules), work_.path() / "python.txt");
  if (result.status != 0)
    throw Error(ErrorCode::kIo, options.python,
                "lacks what attackers that train need (" + result.last_line +
                    "); pip install 'amalgam[audit]' there, or name another with --python");
}

Json Training::run(const std::string& what, Json request, const char* shown) {
  request["version"] = kVersion;
  request["job"] = fs::absolute(job_.folder()).string();
  request["threads"] =
      options_.threads ? options_.threads : std::max(1U, std::thread::hardware_concurrency());
  const fs::path in = work_.path() / (what + ".json"), out = work_.path() / (what + "-out.json"),
                 log = work_.path() / (what + ".txt");
  write_file(in, request.dump());
  std::vector<std::string> command = python_code(options_.python, kAttackers);
  command.insert(command.end(), {what, in.string(), out.string()});
  const ProcessResult result =
      run_process(command, log, ProgressLines(log, options_.progress, shown));
  if (result.status != 0)
    throw Error(ErrorCode::kIo, options_.python, "attackers stopped: " + result.last_line);
  return parse_json(MappedFile::open(out)->bytes(), out.string());
}

TrainedAttacks Training::play(const Scheme& scheme, const Surrogates& surrogates,
                              const std::string& seed, std::uint64_t rows) {
  Shape image = {3, kSide, kSide};
  const auto at_most = [&](const Shape& shape) {
    for (std::size_t i = 0; i < 3 && shape.size() == 3; ++i)
      image[i] = std::min(image[i], shape[i]);
  };
  for (const auto& set : surrogates) at_most(main_feature(*set).sample_shape());
  for (const ViewedSubnetwork& sub : job_.subnetworks()) at_most(sub.main_feature().shape);
  const Json found = run("games",
                         {{"scheme", scheme_json(scheme)},
                          {"surrogates", options_.surrogates},
                          {"seed", seed},
                          {"games", options_.games},
                          {"lessons", kLessons},
                          {"rows", rows},
                          {"image", image}},
                         "playing games with training");
  const JsonReader json(found, kAnswer);
  return {json["attackers"].list(attack_of),
          json["games"].list([](const JsonReader& game) { return game.list(measurements_of); }),
          json["job"].list(measurements_of)};
}

std::vector<OwnSubnetwork> Training::look_at_job(double seconds) {
  Json trained;
  if (options_.trained) trained = fs::absolute(*options_.trained).string();
  const Json found = run("job", {{"seconds", seconds}, {"trained", trained}}, "training the job");
  const JsonReader subnetworks = JsonReader(found, kAnswer)["subnetworks"];
  json_ = subnetworks.value();
  return subnetworks.list(subnetwork_of);
}

}  // namespace amalgam
