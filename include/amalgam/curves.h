// What was learnt, of the wanted tasks alone, at home: train.py's metrics.jsonl, as it came back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace amalgam {

struct CurvesOptions {
  std::filesystem::path key;  // as obfuscate wrote it
  // train.py's folder, or its metrics.jsonl, from the cloud. Read as hostile: at most 64 MiB, and
  // what its lines say is checked.
  std::filesystem::path result;
  // A page with charts that opens offline is written here; none: no page. Refused where it exists,
  // inside of a job, and inside of `result`, which may go back to the cloud.
  std::optional<std::filesystem::path> page;
  // The key's. REQUIRES: given where the key has one.
  std::optional<std::string> passphrase;
};

// The lines of one split, in the order of the training. All vectors are as long: element i is what
// line i says, and NaN where that was not finite or is not said.
struct CurvePoints {
  std::vector<double> epochs;  // in which, or at whose end; whole numbers from 1
  std::vector<double> steps;   // batches of training so far, of all epochs together; whole numbers
  // Means over the split's rows since the epoch began: the loss in the loss's own unit, the metric
  // in its own (accuracy: 0 to 1).
  std::vector<double> loss, metric;
  std::vector<double> rates;  // the learning rate of the last optimizer step, of its first group
};

// Of one wanted task. One that stopped early, or was not trained to its end, has fewer points.
struct TaskCurves {
  std::string name;    // as the recipe calls it
  std::string metric;  // as the recipe calls it, "metric" where it is of one's own; empty: none
  // Whether more of it is better, where that is known: of one's own it is not.
  std::optional<bool> higher;
  CurvePoints train;        // at each epoch's end
  CurvePoints train_steps;  // every 50 batches, over the rows of the epoch so far
  CurvePoints held_out;     // at each epoch's end, over all held-out rows; empty: there are none
};

struct CurvesResult {
  std::vector<TaskCurves> tasks;  // in the key's order; the values are what the cloud says
  std::uint64_t epochs = 0;       // of the recipe
  // What is odd about the file, a line each. The same whichever tasks are wanted.
  std::vector<std::string> notes;
};

// Reads what is said of all sub-networks, and keeps that of the wanted ones. Throws kIo where there
// is no metrics.jsonl, kDamaged where it holds nothing that train.py writes, kTrained where a
// trained file beside it is of another job; none of it depends on the tasks that are wanted.
CurvesResult curves(const CurvesOptions& options);

}  // namespace amalgam
