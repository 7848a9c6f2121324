#include "variants/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/random.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kSample = 65536;
constexpr std::uint64_t kBlock = std::uint64_t{1} << 16;
// Of the Kolmogorov-Smirnov statistic times the root of the count: an initializer's own values
// exceed it once in ten thousand tensors.
constexpr double kAccept = 2.2;

// Evenly spaced runs of values, sorted.
std::vector<float> sorted_sample(const Tensor& tensor) {
  const std::uint64_t count = element_count(tensor.shape);
  const std::uint64_t runs = count <= kSample ? 1 : 64, length = std::min(count, kSample / runs);
  std::vector<float> values(runs * length);
  const MutableBytes bytes = std::as_writable_bytes(std::span(values));
  for (std::uint64_t r = 0; r < runs; ++r)
    tensor.source->read(4 * (runs == 1 ? 0 : r * ((count - length) / (runs - 1))),
                        bytes.subspan(4 * r * length, 4 * length));
  std::sort(values.begin(), values.end());
  return values;
}

template <typename Distribution>
bool fits(const std::vector<float>& sorted, Distribution below) {
  const auto count = static_cast<double>(sorted.size());
  double most = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = below(static_cast<double>(sorted[i]));
    most = std::max({most, expected - static_cast<double>(i) / count,
                     static_cast<double>(i + 1) / count - expected});
  }
  return most * std::sqrt(count) < kAccept;
}

bool uniform_fits(const std::vector<float>& sorted, double bound) {
  if (static_cast<double>(sorted.back()) > bound * 1.000001 ||
      static_cast<double>(sorted.front()) < -bound * 1.000001)
    return false;
  return fits(sorted, [&](double v) { return std::clamp((v / bound + 1) / 2, 0.0, 1.0); });
}

bool normal_fits(const std::vector<float>& sorted, double deviation) {
  return fits(sorted,
              [&](double v) { return std::erfc(-v / deviation / std::numbers::sqrt2) / 2; });
}

// Scales that torch.nn.init computes from fans.
using ScaleOf = double (*)(const Fans&);
constexpr std::array<ScaleOf, 5> kBounds = {
    [](const Fans& f) { return std::sqrt(1 / f.in); },            // the default of torch.nn
    [](const Fans& f) { return std::sqrt(6 / (f.in + f.out)); },  // xavier_uniform_
    [](const Fans& f) { return std::sqrt(6 / f.in); },            // kaiming_uniform_
    [](const Fans& f) { return std::sqrt(6 / f.out); },           // the same, by outputs
    [](const Fans& f) { return std::sqrt(3 / f.in); },            // the same, linear
};
constexpr std::array<ScaleOf, 4> kDeviations = {
    [](const Fans& f) { return std::sqrt(2 / f.in); },            // kaiming_normal_
    [](const Fans& f) { return std::sqrt(2 / f.out); },           // the same, by outputs
    [](const Fans& f) { return std::sqrt(2 / (f.in + f.out)); },  // xavier_normal_
    [](const Fans& f) { return std::sqrt(1 / f.in); },            // LeCun's
};

double deviation_of(const std::vector<float>& values) {
  double sum = 0;
  for (float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

class DrawnSource : public TensorSource {
 public:
  DrawnSource(Initializer initializer, std::uint64_t elements, const Secret& seed, std::string name)
      : initializer_(std::move(initializer)),
        elements_(elements),
        seed_(seed.clone()),
        name_(std::move(name)) {}

  void read(std::uint64_t offset, MutableBytes out) const override {
    while (!out.empty()) {
      check_interrupted();
      const std::uint64_t block = offset / (4 * kBlock), at = offset % (4 * kBlock);
      const std::vector<float> values = draw(block);
      const Bytes bytes = std::as_bytes(std::span(values)).subspan(at);
      const std::size_t size = std::min(out.size(), bytes.size());
      std::memcpy(out.data(), bytes.data(), size);
      out = out.subspan(size);
      offset += size;
    }
  }

 private:
  std::vector<float> draw(std::uint64_t block) const {
    RandomStream random(seed_, fmt::format("{}/{}", name_, block));
    std::vector<float> values(std::min(kBlock, elements_ - block * kBlock));
    for (float& value : values) value = draw_one(random);
    return values;
  }

  float draw_one(RandomStream& random) const {
    const auto scale = static_cast<float>(initializer_.scale);
    switch (initializer_.kind) {
      case Initializer::Kind::kConstant:
        return scale;
      case Initializer::Kind::kUniform:
        // 24 random bits, scaled in float32, as PyTorch does: the grid of values shows.
        return static_cast<float>(random.next32() >> 8) * 0x1p-24f * (scale - -scale) + -scale;
      case Initializer::Kind::kNormal:
        return static_cast<float>(random.normal()) * scale;
      case Initializer::Kind::kEmpirical:
        break;
    }
    const auto& q = initializer_.quantiles;
    const double at = random.uniform() * static_cast<double>(q.size() - 1);
    const auto i = static_cast<std::size_t>(at);
    const float part = static_cast<float>(at - static_cast<double>(i));
    return i + 1 < q.size() ? q[i] + part * (q[i + 1] - q[i]) : q[i];
  }

  Initializer initializer_;
  std::uint64_t elements_;
  Secret seed_;
  std::string name_;
};

}  // namespace

Fans fans_of(const Shape& weight) {
  if (weight.size() < 2) return {};
  double kernel = 1;
  for (std::size_t d = 2; d < weight.size(); ++d) kernel *= static_cast<double>(weight[d]);
  return {static_cast<double>(weight[1]) * kernel, static_cast<double>(weight[0]) * kernel};
}

Initializer recognise(const Tensor& tensor, const Fans& own, const Fans& other) {
  std::vector<float> sorted = sorted_sample(tensor);
  using Kind = Initializer::Kind;
  if (sorted.empty()) return {Kind::kConstant, 0, {}};
  if (sorted.front() == sorted.back())
    return {Kind::kConstant, static_cast<double>(sorted.front()), {}};
  if (own.in > 0) {
    for (ScaleOf bound : kBounds)
      if (uniform_fits(sorted, bound(own))) return {Kind::kUniform, bound(other), {}};
    for (ScaleOf deviation : kDeviations)
      if (normal_fits(sorted, deviation(own))) return {Kind::kNormal, deviation(other), {}};
  }
  // A scale of one's own, as normal_(0, 0.02). Few values fit anything.
  const double deviation = deviation_of(sorted);
  if (sorted.size() >= 64 && normal_fits(sorted, deviation)) return {Kind::kNormal, deviation, {}};
  return {Kind::kEmpirical, 0, std::move(sorted)};
}

std::shared_ptr<const TensorSource> drawn_values(Initializer initializer, std::uint64_t elements,
                                                 const Secret& seed, std::string name) {
  return std::make_shared<DrawnSource>(std::move(initializer), elements, seed, std::move(name));
}

}  // namespace amalgam
