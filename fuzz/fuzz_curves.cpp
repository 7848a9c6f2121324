// metrics.jsonl as it comes back, and the page that is made of what it says: whatever that is, the
// page has no tag of the file's and no coordinate that is not finite.
#include "curves/page.h"
#include "curves/points.h"
#include "formats/training_log.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

constexpr std::size_t kSubnetworks = 3;
constexpr std::uint64_t kEpochs = 4;

constexpr const char* kLines[] = {
    R"({"split": "train-steps", "epoch": 1, "step": 50, "sub-network": 0, "loss": 0.5, "lr": 0.1, "accuracy": 0.5})",
    R"({"split": "train", "epoch": 1, "step": 60, "sub-network": 0, "loss": null, "lr": 0.0001, "accuracy": 0.5})",
    R"({"split": "valid", "epoch": 1, "step": 60, "sub-network": 0, "loss": 1e308, "lr": 5e-324})",
    R"({"split": "train", "epoch": 2, "step": 120, "sub-network": 0, "loss": -1e308, "accuracy": 0})",
    R"({"split": "train", "epoch": 4, "step": 9007199254740992, "sub-network": 2, "loss": 1, "metric": 3})",
    R"({"split": "train", "epoch": 3, "step": 1, "sub-network": 2, "loss": 1})",
    R"({"split": "valid", "epoch": 1, "step": 1, "sub-network": 3, "loss": 1})",
    R"({"split": "valid", "epoch": 5, "step": 1, "sub-network": 1, "loss": 1})",
    R"({"split": "<b>", "epoch": 1, "step": 1, "sub-network": 1})",
    R"({"split": "valid", "epoch": 1, "step": 1, "sub-network": 1, "f1": 1, "top_5": 1})",
    R"({"split": "valid", "epoch": 1, "step": 1, "sub-network": 1, "loss": "a"})",
};

void check(const std::string& page) {
  for (const char* wrong :
       {"<b>", "<script", "\"nan\"", "\"inf\"", "\"-nan\"", " nan", "Mnan", "Lnan"})
    if (page.find(wrong) != std::string::npos) std::abort();
}

}  // namespace

std::vector<std::string> seeds() {
  std::string all;
  std::vector<std::string> out = {""};
  for (const char* line : kLines) {
    all += std::string(line) + "\n";
    out.push_back(line);
  }
  out[0] = all;
  out.push_back(all + all);
  out.push_back(std::string(5000, 'x') + "\n" + all);
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "{}\n";
  out.push_back(many);
  return out;
}

void run(Bytes input) {
  const InputFile file(input);
  const TrainingLog log = read_training_log(file.path(), kSubnetworks, kEpochs);
  CurvesResult result{{}, kEpochs, {}};
  for (const SubnetworkLog& one : log.subnetworks)
    result.tasks.push_back({"task", one.metric, true, points_of(one.epochs), points_of(one.steps),
                            points_of(one.held_out)});
  check(curves_page(result));
}

}  // namespace amalgam::fuzz
