#include "variants/drawn.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/normal_quantile.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/vectorised.h"
#include "variants/orthogonal.h"
#include "variants/tensor_values.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kBlock = std::uint64_t{1} << 16;

// Values that are drawn in one go, in the processor's nearest memory.
constexpr std::size_t kChunk = 1024;

// The numbers are in place of whole ones below 2^32, in the middle between two.
struct Units {
  static AMALGAM_INLINED void run(const std::span<const std::uint32_t>& numbers, double from,
                                  double range, double* const& out) {
    // As halves of 16 bits, which any processor turns into numbers.
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double high = static_cast<std::int32_t>(numbers[i] >> 16);
      const double low = static_cast<std::int32_t>(numbers[i] & 0xffff);
      out[i] = from + (high * 0x1p16 + low + 0.5) * 0x1p-32 * range;
    }
  }
};

struct Uniform {
  static AMALGAM_INLINED void run(const std::span<const std::uint32_t>& numbers, float from,
                                  float range, float* const& out) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
      out[i] =
          static_cast<float>(static_cast<std::int32_t>(numbers[i] >> 8)) * 0x1p-24f * range + from;
  }
};

// Rounded before it is scaled, or behind.
template <typename Scale>
struct Scaled {
  static AMALGAM_INLINED void run(const std::span<const double>& values, Scale scale,
                                  float* const& out) {
    for (std::size_t i = 0; i < values.size(); ++i)
      out[i] = static_cast<float>(static_cast<Scale>(values[i]) * scale);
  }
};

// Of lying below z, which is at most 0: found by halving, because libraries' erfc() differ in their
// last digits.
double probability_below(double z) {
  auto low = std::bit_cast<std::uint64_t>(0x1p-1022), high = std::bit_cast<std::uint64_t>(0.5);
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (normal_quantile(std::bit_cast<double>(middle)) < z ? low : high) = middle;
  }
  return std::bit_cast<double>(high);
}

// One value of a form from one random number, so that any block can be drawn alone.
class Sampler {
 public:
  explicit Sampler(const Form& form) : form_(form) {
    if (form.kind != Form::Kind::kTruncated) return;
    below_ = probability_below(-form.bound / form.scale);
  }

  // REQUIRES: as many values as numbers, at most kChunk.
  void fill(std::span<const std::uint32_t> numbers, float* out) const {
    double values[kChunk];
    const std::span<double> quantiles(&values[0], numbers.size());
    switch (form_.kind) {
      case Form::Kind::kUniform:
        return run_widest<Uniform>(numbers, form_.from, form_.range, out);
      case Form::Kind::kNormal:
        run_widest<Units>(numbers, 0.0, 1.0, quantiles.data());
        normal_quantiles(quantiles);
        return run_widest<Scaled<float>>(std::span<const double>(quantiles),
                                         static_cast<float>(form_.scale), out);
      case Form::Kind::kTruncated:
        run_widest<Units>(numbers, below_, 1 - 2 * below_, quantiles.data());
        normal_quantiles(quantiles);
        return run_widest<Scaled<double>>(std::span<const double>(quantiles), form_.scale, out);
      default:
        std::fill_n(out, numbers.size(), static_cast<float>(form_.scale));
    }
  }

 private:
  Form form_;
  double below_ = 0;  // the probability of lying below the truncation
};

// Rows of one form: where their values are in the tensor.
struct Stretch {
  std::uint64_t first, count;
  Form form;
};

class DrawnSource : public TensorSource {
 public:
  DrawnSource(std::vector<Stretch> stretches, std::uint64_t width,
              std::shared_ptr<const Secret> seed, std::string name)
      : stretches_(std::move(stretches)),
        width_(width),
        seed_(std::move(seed)),
        name_(std::move(name)),
        whole_(stretches_.size()) {
    for (const Stretch& stretch : stretches_) samplers_.emplace_back(stretch.form);
  }

  void read(std::uint64_t offset, MutableBytes out) const override {
    if (out.empty()) return;
    const std::uint64_t first = offset / (4 * kBlock);
    const std::uint64_t last = (offset + out.size() - 1) / (4 * kBlock);
    parallel_blocks(0, last - first + 1, [&](std::uint64_t b) {
      check_interrupted();
      const std::uint64_t at = 4 * kBlock * (first + b);
      const std::uint64_t from = std::max(at, offset);
      const std::uint64_t end = std::min(at + 4 * kBlock, offset + out.size());
      draw(first + b, from, out.subspan(from - offset, end - from));
    });
  }

 private:
  // Bytes from `from` on, all in that block.
  void draw(std::uint64_t block, std::uint64_t from, MutableBytes out) const {
    std::uint64_t at = from / 4;
    const std::uint64_t end = (from + out.size() + 3) / 4;
    RandomStream random(*seed_, fmt::format("{}/{}", name_, block));
    random.seek(at - block * kBlock);
    std::uint32_t numbers[kChunk];
    float values[kChunk];
    for (std::uint64_t skip = from % 4; at < end; skip = 0) {
      const std::uint64_t count = std::min<std::uint64_t>(kChunk, end - at);
      random.fill(std::span(numbers).first(count));
      for (std::size_t s = 0; s < stretches_.size(); ++s)
        draw_stretch(s, at, std::span(numbers).first(count), &values[0]);
      const Bytes drawn = std::as_bytes(std::span(values).first(count)).subspan(skip);
      const std::size_t size = std::min(drawn.size(), out.size());
      std::memcpy(out.data(), drawn.data(), size);
      out = out.subspan(size);
      at += count;
    }
  }

  // Those of the values from `at` on that are the stretch's.
  void draw_stretch(std::size_t index, std::uint64_t at, std::span<const std::uint32_t> numbers,
                    float* values) const {
    const Stretch& stretch = stretches_[index];
    const std::uint64_t from = std::max(at, stretch.first);
    const std::uint64_t to = std::min(at + numbers.size(), stretch.first + stretch.count);
    if (from >= to) return;
    if (stretch.form.kind == Form::Kind::kOrthogonal)
      std::copy_n(&whole(index)[from - stretch.first], to - from, values + (from - at));
    else
      samplers_[index].fill(numbers.subspan(from - at, to - from), values + (from - at));
  }

  // Orthogonal rows are drawn together.
  const std::vector<float>& whole(std::size_t stretch) const {
    const std::lock_guard lock(mutex_);
    std::vector<float>& matrix = whole_[stretch];
    if (matrix.empty()) {
      RandomStream random(*seed_, fmt::format("{}/orthogonal/{}", name_, stretch));
      const Stretch& own = stretches_[stretch];
      matrix = draw_orthogonal(own.count / width_, width_, own.form.scale, random);
    }
    return matrix;
  }

  std::vector<Stretch> stretches_;
  std::vector<Sampler> samplers_;
  std::uint64_t width_;
  std::shared_ptr<const Secret> seed_;
  std::string name_;
  mutable std::mutex mutex_;
  mutable std::vector<std::vector<float>> whole_;
};

}  // namespace

std::shared_ptr<const TensorSource> drawn_values(const std::vector<FormRows>& rows,
                                                 const Shape& shape,
                                                 std::shared_ptr<const Secret> seed,
                                                 std::string name) {
  const std::uint64_t width = row_width(shape);
  std::vector<Stretch> stretches;
  std::uint64_t at = 0;
  for (const FormRows& run : rows) {
    stretches.push_back({at, run.rows * width, run.form});
    at += run.rows * width;
  }
  return std::make_shared<DrawnSource>(std::move(stretches), width, std::move(seed),
                                       std::move(name));
}

float norm_of_row(const TensorRows& rows, std::uint64_t row) {
  const ValuesView values(rows, row * rows.width(), rows.width());
  double square = 0;
  for (const float v : values.get()) square += static_cast<double>(v) * static_cast<double>(v);
  return static_cast<float>(std::sqrt(square));
}

std::shared_ptr<const TensorSource> norms_of_rows(const Tensor& tensor) {
  static constexpr std::uint64_t kRows = 64;
  const TensorRows rows = all_rows(tensor);
  std::vector<std::byte> bytes(4 * rows.rows);
  parallel_blocks(0, (rows.rows + kRows - 1) / kRows, [&](std::uint64_t block) {
    check_interrupted();
    for (std::uint64_t r = kRows * block; r < std::min(rows.rows, kRows * (block + 1)); ++r)
      store_le(bytes, 4 * r, norm_of_row(rows, r));
  });
  return memory_source(std::move(bytes));
}

}  // namespace amalgam
