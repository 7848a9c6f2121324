#include "audit/training.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "amalgam/version.h"
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

double number_or(const Json& value, double otherwise) {
  return value.is_number() ? value.get<double>() : otherwise;
}

std::optional<double> number_of(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

TrainingScore score_of(const Json& json) {
  return {number_or(json.at("loss"), INFINITY), number_of(json.at("accuracy")),
          number_of(json.at("chance")), json.at("rows").get<double>()};
}

std::optional<TrainingFacts> facts_of(const Json& json, const char* name) {
  if (!json.contains(name)) return std::nullopt;
  const Json& facts = json.at(name);
  return TrainingFacts{score_of(facts.at("training")), score_of(facts.at("held_out")),
                       number_or(facts.at("moved"), INFINITY),
                       number_or(facts.at("gradient"), INFINITY)};
}

OwnSubnetwork subnetwork_of(const Json& json) {
  OwnSubnetwork sub;
  sub.own = facts_of(json, "own");
  sub.file = facts_of(json, "file");
  for (const Json& point : json.value("curve", Json::array()))
    sub.curve.emplace_back(point.at(0).get<double>(), number_or(point.at(1), INFINITY));
  const Json leak = json.value("leak", Json());
  if (leak.is_object()) {
    sub.row = leak.at("values").at(0).get<std::vector<float>>();
    sub.recovered = leak.at("values").at(1).get<std::vector<float>>();
    sub.psnr = number_or(leak.at("psnr"), 0);
  }
  const Json saliency = json.value("saliency", Json());
  if (saliency.is_array()) sub.saliency = saliency.get<std::vector<float>>();
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
  for (const auto& set : surrogates) at_most(set->fields.front().sample_shape());
  for (const ViewedSubnetwork& sub : job_.subnetworks()) at_most(sub.features.front().shape);
  const Json found = run("games",
                         {{"scheme", scheme_json(scheme)},
                          {"surrogates", options_.surrogates},
                          {"seed", seed},
                          {"games", options_.games},
                          {"lessons", kLessons},
                          {"rows", rows},
                          {"image", image}},
                         "playing games with training");
  TrainedAttacks trained;
  for (const Json& facts : found.at("attackers"))
    trained.attacks.push_back({facts.at("name"), facts.at("sees"),
                               facts.at("statistics").get<std::vector<std::string>>(),
                               facts.at("naive").get<int>()});
  trained.games = found.at("games").get<std::vector<std::vector<Measurements>>>();
  trained.job = found.at("job").get<std::vector<Measurements>>();
  return trained;
}

std::vector<OwnSubnetwork> Training::look_at_job(double seconds) {
  Json trained;
  if (options_.trained) trained = fs::absolute(*options_.trained).string();
  json_ = run("job", {{"seconds", seconds}, {"trained", trained}}, "training the job")
              .at("subnetworks");
  std::vector<OwnSubnetwork> all;
  for (const Json& sub : json_) all.push_back(subnetwork_of(sub));
  return all;
}

}  // namespace amalgam
