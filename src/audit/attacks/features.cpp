#include "audit/attacks/features.h"

#include <algorithm>
#include <limits>
#include <map>

#include "audit/attacks/pixels.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kBuckets = 512;

struct Centroids {
  std::map<std::int64_t, std::size_t> number;
  std::vector<std::vector<double>> sums;
  std::vector<double> counts;
};

class Classifier {
 public:
  explicit Classifier(const StreamSample& sample)
      : sample_(sample), features_(classifier_features(sample, width_)), half_(sample.rows / 2) {}

  ClassScores scores() {
    ClassScores scores;
    std::map<std::int64_t, double> commonness;
    for (std::uint64_t r = half_; r < sample_.rows; ++r) commonness[sample_.labels[r]] += 1;
    scores.tested = sample_.rows - half_;
    scores.chance = 0;
    for (const auto& [label, count] : commonness)
      scores.chance = std::max(scores.chance, count / static_cast<double>(scores.tested));
    if (commonness.size() < 2) return {};
    fit();
    double neighbour = 0, centroid = 0, training = 0;
    for (std::uint64_t r = half_; r < sample_.rows; ++r) {
      neighbour += sample_.labels[nearest_row(r)] == sample_.labels[r];
      centroid += nearest_centroid(r) == sample_.labels[r];
    }
    for (std::uint64_t r = 0; r < half_; ++r) training += nearest_centroid(r) == sample_.labels[r];
    scores.neighbour = neighbour / static_cast<double>(scores.tested);
    scores.centroid = centroid / static_cast<double>(scores.tested);
    scores.centroid_training = training / static_cast<double>(half_);
    scores.fisher = fisher();
    return scores;
  }

 private:
  const float* at(std::uint64_t r) const { return features_.data() + r * width_; }

  void fit() {
    for (std::uint64_t r = 0; r < half_; ++r) {
      const std::size_t c =
          centroids_.number.emplace(sample_.labels[r], centroids_.number.size()).first->second;
      if (c == centroids_.sums.size()) {
        centroids_.sums.emplace_back(width_);
        centroids_.counts.push_back(0);
      }
      for (std::uint64_t i = 0; i < width_; ++i)
        centroids_.sums[c][i] += static_cast<double>(at(r)[i]);
      centroids_.counts[c] += 1;
    }
    for (std::size_t c = 0; c < centroids_.sums.size(); ++c)
      for (double& value : centroids_.sums[c]) value /= centroids_.counts[c];
  }

  std::int64_t nearest_centroid(std::uint64_t r) const {
    double best = std::numeric_limits<double>::infinity();
    std::int64_t label = 0;
    for (const auto& [name, c] : centroids_.number) {
      const double d = distance(r, centroids_.sums[c]);
      if (d < best) best = d, label = name;
    }
    return label;
  }

  double distance(std::uint64_t r, const std::vector<double>& centre) const {
    double sum = 0;
    for (std::uint64_t i = 0; i < width_; ++i) {
      const double d = static_cast<double>(at(r)[i]) - centre[i];
      sum += d * d;
    }
    return sum;
  }

  // Among the training half.
  std::uint64_t nearest_row(std::uint64_t r) const {
    float best = std::numeric_limits<float>::infinity();
    std::uint64_t found = 0;
    for (std::uint64_t other = 0; other < half_; ++other) {
      float sum = 0;
      for (std::uint64_t i = 0; i < width_; ++i) {
        const float d = at(r)[i] - at(other)[i];
        sum += d * d;
      }
      if (sum < best) best = sum, found = other;
    }
    return found;
  }

  double fisher() const {
    double within = 0, between = 0;
    std::vector<double> mean(width_);
    for (std::uint64_t r = 0; r < half_; ++r)
      for (std::uint64_t i = 0; i < width_; ++i)
        mean[i] += static_cast<double>(at(r)[i]) / static_cast<double>(half_);
    for (std::uint64_t r = 0; r < half_; ++r)
      within += distance(r, centroids_.sums[centroids_.number.at(sample_.labels[r])]);
    for (std::size_t c = 0; c < centroids_.sums.size(); ++c)
      for (std::uint64_t i = 0; i < width_; ++i) {
        const double d = centroids_.sums[c][i] - mean[i];
        between += centroids_.counts[c] * d * d;
      }
    return within > 0 ? between / within : 0;
  }

  const StreamSample& sample_;
  std::uint64_t width_ = 0;
  std::vector<float> features_;
  std::uint64_t half_;
  Centroids centroids_;
};

}  // namespace

std::vector<float> classifier_features(const StreamSample& sample, std::uint64_t& width) {
  if (sample.kind != SampleKind::kText) {
    width = sample.width;
    const auto scale = static_cast<float>(deviation(sample));
    std::vector<float> features = sample.values;
    for (float& v : features) v /= scale;
    return features;
  }
  width = kBuckets;
  std::vector<float> features(sample.rows * width);
  for (std::uint64_t r = 0; r < sample.rows; ++r)
    for (const float v : sample.row(r))
      features[r * width + static_cast<std::uint64_t>(v) % kBuckets] += 1;
  for (float& v : features) v = std::sqrt(v);
  return features;
}

ClassScores class_scores(const StreamSample& sample) {
  if (sample.labels.empty() || sample.rows < 4) return {};
  return Classifier(sample).scores();
}

}  // namespace amalgam
