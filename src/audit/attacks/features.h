// What simple classifiers make of a stream's classes.
#pragma once

#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

// A row as classifiers see it: pixels and vectors as they are, divided by their deviation; of text
// how often each token occurs, in 512 buckets.
std::vector<float> classifier_features(const StreamSample& sample, std::uint64_t& width);

// Accuracies on the second half of the rows, with the first half as training data.
struct ClassScores {
  double chance = 1;  // the commonest class of the second half
  double neighbour = 1, centroid = 1;
  double centroid_training = 1;  // the same on the training half
  double fisher = 0;             // variance between centroids ÷ within classes
  std::uint64_t tested = 0;      // rows
};
// With one class, or none, all are at chance.
ClassScores class_scores(const StreamSample& sample);

}  // namespace amalgam
