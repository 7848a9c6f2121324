#include "variants/drawn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/normal_quantile.h"
#include "base/parallel.h"
#include "base/random.h"
#include "variants/orthogonal.h"
#include "variants/tensor_values.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kBlock = std::uint64_t{1} << 16;

double unit(std::uint32_t number) { return (static_cast<double>(number) + 0.5) * 0x1p-32; }

// One value of a form from one random number, so that any block can be drawn alone.
class Sampler {
 public:
  explicit Sampler(const Form& form) : form_(form) {
    if (form.kind != Form::Kind::kTruncated) return;
    const double z = form.bound / form.scale;
    below_ = std::erfc(z * std::sqrt(0.5)) / 2;
  }

  void fill(const std::uint32_t* numbers, float* out, std::uint64_t count) const {
    for (std::uint64_t i = 0; i < count; ++i) out[i] = one(numbers[i]);
  }

 private:
  float one(std::uint32_t number) const {
    const auto scale = static_cast<float>(form_.scale);
    switch (form_.kind) {
      case Form::Kind::kUniform:
        return static_cast<float>(number >> 8) * 0x1p-24f * form_.range + form_.from;
      case Form::Kind::kNormal:
        return static_cast<float>(normal_quantile(unit(number))) * scale;
      case Form::Kind::kTruncated:
        return static_cast<float>(normal_quantile(below_ + unit(number) * (1 - 2 * below_)) *
                                  form_.scale);
      default:
        return scale;
    }
  }

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
        whole_(stretches_.size()) {}

  void read(std::uint64_t offset, MutableBytes out) const override {
    if (out.empty()) return;
    const std::uint64_t first = offset / (4 * kBlock);
    const std::uint64_t last = (offset + out.size() - 1) / (4 * kBlock);
    parallel_blocks(0, last - first + 1, [&](std::uint64_t b) {
      check_interrupted();
      const std::uint64_t at = 4 * kBlock * (first + b);
      const std::uint64_t from = std::max(at, offset);
      const std::uint64_t end = std::min(at + 4 * kBlock, offset + out.size());
      const std::uint64_t begin = from / 4;
      const std::vector<float> values = draw(first + b, begin, (end + 3) / 4 - begin);
      std::memcpy(out.data() + (from - offset),
                  std::as_bytes(std::span(values)).data() + (from - 4 * begin), end - from);
    });
  }

 private:
  // `count` values from `begin` on, all in that block.
  std::vector<float> draw(std::uint64_t block, std::uint64_t begin, std::uint64_t count) const {
    std::vector<std::uint32_t> numbers(count);
    RandomStream random(*seed_, fmt::format("{}/{}", name_, block));
    random.seek(begin - block * kBlock);
    random.fill(numbers);
    std::vector<float> values(count);
    const std::uint64_t end = begin + count;
    for (std::size_t s = 0; s < stretches_.size(); ++s) {
      const Stretch& stretch = stretches_[s];
      const std::uint64_t from = std::max(begin, stretch.first);
      const std::uint64_t to = std::min(end, stretch.first + stretch.count);
      if (from >= to) continue;
      if (stretch.form.kind == Form::Kind::kOrthogonal) {
        const std::vector<float>& matrix = whole(s);
        std::copy_n(matrix.begin() + static_cast<std::ptrdiff_t>(from - stretch.first), to - from,
                    values.begin() + static_cast<std::ptrdiff_t>(from - begin));
      } else {
        Sampler(stretch.form).fill(&numbers[from - begin], &values[from - begin], to - from);
      }
    }
    return values;
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

std::shared_ptr<const TensorSource> norms_of_rows(const Tensor& tensor) {
  const TensorRows rows = all_rows(tensor);
  std::vector<std::byte> bytes(4 * rows.rows);
  for (std::uint64_t r = 0; r < rows.rows; ++r) {
    double square = 0;
    for (const float v : read_values(rows, r * rows.width(), rows.width()))
      square += static_cast<double>(v) * static_cast<double>(v);
    store_le(bytes, 4 * r, static_cast<float>(std::sqrt(square)));
  }
  return memory_source(std::move(bytes));
}

}  // namespace amalgam
