// Attackers that train: they run as `python -m amalgam.attackers`, which plays the same games, and
// looks at the job's own sub-networks. What it is handed has no key in it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "amalgam/audit.h"
#include "audit/game.h"
#include "audit/score.h"
#include "base/json.h"
#include "base/temporary_folder.h"

namespace amalgam {

// Measured by the Python package: what score.h needs of it.
struct TrainedAttacks {
  std::vector<AttackFacts> attacks;
  std::vector<std::vector<Measurements>> games;  // [game][attack]
  std::vector<Measurements> job;                 // [attack]
};

struct TrainingScore {
  double loss = 0;
  std::optional<double> accuracy, chance;  // of classes; chance: the share of the commonest
  double rows = 0;
};

struct TrainingFacts {
  TrainingScore training, held_out;
  double moved = 0;     // weights, relative to their initial values
  double gradient = 0;  // its norm
};

struct OwnSubnetwork {
  std::vector<std::pair<double, double>> curve;  // step, loss
  std::optional<TrainingFacts> own, file;        // trained here; the trained file's
  // A row, and what was recovered of it from its gradient; empty where that was not tried.
  std::vector<float> row, recovered;
  double psnr = 0;              // of the latter, in decibels
  std::vector<float> saliency;  // by position
};

class Training {
 public:
  // Throws kIo where the Python lacks what attackers need, kDamaged where the job's code is not
  // what job.json says.
  Training(const AuditOptions& options, const JobView& job);

  TrainedAttacks play(const Scheme& scheme, const Surrogates& surrogates, const std::string& seed,
                      std::uint64_t rows);
  // Trains the job's sub-networks for `seconds` (0: not at all), and looks into the trained file.
  std::vector<OwnSubnetwork> look_at_job(double seconds);
  // All that Python said of the job's sub-networks.
  const Json& json() const { return json_; }

 private:
  Json run(const std::string& what, Json request, const char* shown);

  const AuditOptions& options_;
  const JobView& job_;
  TemporaryFolder work_{"audit"};
  Json json_ = Json::array();
};

}  // namespace amalgam
