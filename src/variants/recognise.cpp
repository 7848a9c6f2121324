#include "variants/recognise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "variants/distributions.h"
#include "variants/float_grid.h"
#include "variants/normal_grid.h"
#include "variants/orthogonal.h"
#include "variants/uniform_grid.h"

namespace amalgam {
namespace {

// Values that a grid is looked for in.
constexpr std::uint64_t kSample = 16384;
// Of a truncated form's pairs, those that were not drawn again.
constexpr double kKept = 0.75;
// With fewer among the first values, the others are not looked at.
constexpr double kHopeless = 0.5;
constexpr std::uint64_t kLeastTruncated = 64, kSureTruncated = 256;

// Whether most have fewer digits than float32: what was trained in a type of 16 bits and converted
// lies on the grid of many a bound, and no fresh values do.
bool are_short(const std::vector<float>& values) {
  const auto is_short = [](float v) { return (std::bit_cast<std::uint32_t>(v) & 0xff) == 0; };
  const auto count = std::count_if(values.begin(), values.end(), is_short);
  return static_cast<std::size_t>(count) * 2 > values.size();
}

// What most values of some rows are, constant rows aside.
struct Drawn {
  Form form;
  Sureness sureness;
};

class RowsRecogniser {
 public:
  RowsRecogniser(const TensorRows& rows, const std::vector<float>& bounds)
      : rows_(rows), bounds_(bounds), constant_(rows) {}

  Recognised whole() const {
    if (is_lone()) return lone();
    if (constant_.all()) return all_constant();
    if (const auto drawn = find()) return {drawn->sureness, runs(drawn->form)};
    return {};
  }

 private:
  // A single value was drawn where the layer's bounds say so; 0 and 1 are constants.
  bool is_lone() const {
    const auto value = rows_.count() == 1 ? read_values(rows_, 0, 1).front() : 0.0f;
    return value != 0 && value != 1 && !bounds_.empty();
  }
  Recognised lone() const {
    const float value = read_values(rows_, 0, 1).front();
    for (const float bound : bounds_)
      if (const UniformGrid grid{-bound, 2 * bound}; grid.number(value))
        return {Sureness::kSmall, {{1, Form::uniform(grid.from, grid.range)}}};
    return {Sureness::kConstant, {{1, Form::constant(value)}}};
  }

  // No initializer makes what training that diverged leaves.
  Recognised all_constant() const {
    for (std::uint64_t row = 0; row < rows_.rows; ++row)
      if (!std::isfinite(constant_.value(row))) return {};
    return {Sureness::kConstant, runs(std::nullopt)};
  }

  std::optional<Drawn> find() const {
    const std::vector<float> sample = drawn_sample();
    if (are_short(sample)) return std::nullopt;
    if (const auto uniform = find_uniform(sample)) return uniform;
    if (!look_random(sample)) return std::nullopt;
    const AngleGrid angles = find_angles();
    if (const auto normal = find_normal(angles)) return normal;
    if (!constant_.any())
      if (const auto gain = orthogonal_gain(rows_))
        return Drawn{Form::orthogonal(*gain), Sureness::kRounded};
    if (const auto likely = likely_form(rows_, constant_, bounds_))
      return Drawn{*likely, Sureness::kLikely};
    return std::nullopt;
  }

  // The first values that are in no constant row.
  std::vector<float> drawn_sample() const {
    std::vector<float> sample;
    const std::uint64_t count = rows_.count();
    for (std::uint64_t at = 0; at < count && sample.size() < kSample; at += kSample) {
      const auto values = read_values(rows_, at, std::min(kSample, count - at));
      for (std::uint64_t i = 0; i < values.size(); ++i)
        if (!constant_.at(at + i)) sample.push_back(values[i]);
    }
    return sample;
  }

  std::optional<Drawn> find_uniform(const std::vector<float>& sample) const {
    if (const auto grid = find_grid(sample))
      return uniform(*grid, Sureness::kExact, [&](auto some) { return all_on(*grid, some); });
    if (const auto bound = find_float_bound(sample))
      return uniform({-*bound, 2 * *bound}, Sureness::kExact,
                     [&](auto some) { return all_on_floats(*bound, some); });
    for (const float bound : bounds_) {
      const UniformGrid grid{-bound, 2 * bound};
      const auto on = [&](std::span<const float> some) { return all_on(grid, some); };
      const auto on_floats = [&](std::span<const float> some) {
        return all_on_floats(bound, some);
      };
      if (on(sample))
        if (const auto found = uniform(grid, Sureness::kSmall, on)) return found;
      if (on_floats(sample))
        if (const auto found = uniform(grid, Sureness::kSmall, on_floats)) return found;
    }
    return std::nullopt;
  }

  // Nothing where a value is not `on` the grid.
  std::optional<Drawn> uniform(const UniformGrid& grid, Sureness sure,
                               const std::function<bool(std::span<const float>)>& on) const {
    std::vector<char> off(piece_count(rows_), 0);
    for_pieces(rows_, [&](std::uint64_t piece, std::span<const float> values, std::uint64_t from) {
      constant_.for_others(values, from, [&](std::span<const float> drawn) {
        off[piece] = off[piece] || !on(drawn);
      });
    });
    if (std::count(off.begin(), off.end(), 1) > 0) return std::nullopt;
    return Drawn{Form::uniform(grid.from, grid.range), sure};
  }

  AngleGrid find_angles() const {
    const std::uint64_t some = std::min(kSample, rows_.count());
    AngleGrid first;
    first.add(ValuesView(rows_, 0, some).get(), 0, rows_.count(),
              [&](std::uint64_t i) { return constant_.at(i); });
    if (first.sure() && first.part_on() < kHopeless) return first;
    std::vector<AngleGrid> found(piece_count(rows_));
    for_pieces(rows_, [&](std::uint64_t piece, std::span<const float> values, std::uint64_t from) {
      found[piece].add(values, from, rows_.count(),
                       [&](std::uint64_t i) { return constant_.at(from + i); });
    });
    AngleGrid all;
    for (const AngleGrid& one : found) all.add(one);
    return all;
  }

  std::optional<Drawn> find_normal(const AngleGrid& angles) const {
    if (angles.all_on()) {
      const Spread spread = spread_of(rows_, constant_);
      const Sureness sure = angles.sure() ? Sureness::kExact : Sureness::kSmall;
      return Drawn{Form::normal(normal_scale(spread, rows_.tensor->shape)), sure};
    }
    if (rows_.count() < kLeastTruncated || angles.part_on() < kKept) return std::nullopt;
    const auto form = truncated_form(spread_of(rows_, constant_));
    if (!form) return std::nullopt;
    return Drawn{*form, rows_.count() < kSureTruncated ? Sureness::kSmall : Sureness::kExact};
  }

  std::vector<FormRows> runs(const std::optional<Form>& form) const {
    std::vector<FormRows> runs;
    for (std::uint64_t row = 0; row < rows_.rows; ++row) {
      const Form own =
          constant_.holds(row) ? Form::constant(constant_.value(row)) : form.value_or(Form{});
      if (runs.empty() || runs.back().form != own) runs.push_back({0, own});
      ++runs.back().rows;
    }
    return runs;
  }

  TensorRows rows_;
  const std::vector<float>& bounds_;
  ConstantRows constant_;
};

// In blocks of the same number of rows, each of a form of its own.
Recognised in_blocks(const TensorRows& rows, std::uint64_t blocks,
                     const std::vector<float>& bounds) {
  Recognised all{Sureness::kExact, {}};
  for (std::uint64_t b = 0; b < blocks; ++b) {
    const std::uint64_t size = rows.rows / blocks;
    const Recognised one = RowsRecogniser(rows.part(b * size, size), bounds).whole();
    if (one.sureness == Sureness::kNone) return {};
    if (one.sureness != Sureness::kConstant) all.sureness = std::min(all.sureness, one.sureness);
    all.rows.insert(all.rows.end(), one.rows.begin(), one.rows.end());
  }
  return all;
}

}  // namespace

Recognised recognise(const Tensor& tensor, const std::vector<float>& bounds) {
  const TensorRows rows = all_rows(tensor);
  if (rows.count() == 0) return {Sureness::kConstant, {{rows.rows, Form{}}}};
  Recognised whole = RowsRecogniser(rows, bounds).whole();
  if (whole.sureness > Sureness::kRounded) return whole;
  // Orthogonal blocks upon each other have orthogonal columns, too.
  const bool either = whole.sureness == Sureness::kRounded && rows.rows > rows.width();
  for (const std::uint64_t blocks : {4, 3})
    if (rows.rows % blocks == 0 && rows.rows > blocks)
      if (Recognised parts = in_blocks(rows, blocks, bounds);
          parts.sureness > whole.sureness || (either && parts.sureness == whole.sureness))
        return parts;
  return whole;
}

}  // namespace amalgam
