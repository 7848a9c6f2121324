#include "weave/fit.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "amalgam/error.h"
#include "base/bytes.h"
#include "base/parallel.h"
#include "base/sums.h"
#include "weave/samples.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kMostColumns = 4096;
constexpr std::uint64_t kBytesAtOnce = std::uint64_t{64} << 20;

// The sums of a row first, then those of the rows: the order of a plain loop over rows.
void add_row(Sums& all, std::span<const double> values) {
  if (all.count == 0) all.origin = values.front();
  Sums row{all.origin};
  for (const double value : values) row.add(value);
  all.join(row);
}

// What the network takes before it subtracts and divides.
template <typename T>
double taken(T value, double scale) {
  return static_cast<double>(static_cast<float>(value)) / scale;
}

// One stream's first feature, row by row.
class StreamFit {
 public:
  StreamFit(const Stream& stream, const JobTask& task)
      : positions_(stream.fields.front().positions),
        group_(task.shape.fields.front().group()),
        scale_(task.network.input.scale.value_or(1)),
        sums_(fitted_numbers(task.network.sample_shapes().front())),
        row_(positions_.size()) {}

  void add(std::span<const NamedTensor> tensors) {
    for (const NamedTensor& named : tensors) {
      if (named.name != group_.name()) continue;
      const Bytes bytes = named.tensor.source->view();
      switch (group_.dtype) {
        case DType::kUInt8:
          return add_rows(view_as<std::uint8_t>(bytes), named.tensor.shape.back());
        case DType::kInt32:
          return add_rows(view_as<std::int32_t>(bytes), named.tensor.shape.back());
        case DType::kInt64:
          return add_rows(view_as<std::int64_t>(bytes), named.tensor.shape.back());
        default:
          return add_rows(view_as<float>(bytes), named.tensor.shape.back());
      }
    }
  }

  void finish(InputSettings& input) const {
    for (const Sums& one : sums_) {
      const auto mean = static_cast<float>(one.mean());
      auto deviation = one.constant() ? 1.0F : static_cast<float>(std::sqrt(one.variance()));
      if (!std::isfinite(mean) || !std::isfinite(deviation))
        throw Error(ErrorCode::kInvalid, "[input]",
                    "\"fit\" finds a mean or deviation that float32 can't hold; scale the data");
      if (deviation == 0) deviation = 1;
      if (input.fit_mean) input.mean.push_back(static_cast<double>(mean));
      if (input.fit_std) input.std.push_back(static_cast<double>(deviation));
    }
    input.fit_mean = input.fit_std = false;
  }

 private:
  template <typename T>
  void add_rows(std::span<const T> values, std::uint64_t columns) {
    const std::size_t each = row_.size() / sums_.size();
    for (; !values.empty(); values = values.subspan(columns)) {
      for (std::size_t i = 0; i < row_.size(); ++i) row_[i] = taken(values[positions_[i]], scale_);
      for (std::size_t g = 0; g < sums_.size(); ++g)
        add_row(sums_[g], std::span<const double>(row_).subspan(g * each, each));
    }
  }

  const Positions& positions_;
  ColumnGroup group_;
  double scale_;
  std::vector<Sums> sums_;  // of values that share their numbers
  std::vector<double> row_;
};

}  // namespace

std::uint64_t fitted_numbers(const Shape& sample) {
  if (sample.size() == 3) return sample.front();
  return sample.size() == 1 && sample.front() <= kMostColumns ? sample.front() : 1;
}

void fit_inputs(const Plan& plan, std::span<JobTask> tasks, unsigned threads) {
  std::vector<std::pair<std::size_t, StreamFit>> fits;  // of these tasks
  for (const Stream& stream : plan.streams)
    if (tasks[stream.task].network.input.fits())
      fits.emplace_back(stream.task, StreamFit(stream, tasks[stream.task]));
  if (fits.empty()) return;
  const SampleWeaver weaver(plan, tasks);
  const std::uint64_t rows = plan.size.rows;
  const std::uint64_t at_once = std::max<std::uint64_t>(1, kBytesAtOnce / weaver.sample_bytes());
  for (std::uint64_t first = 0; first < rows; first += at_once) {
    const auto tensors = weaver.weave(false, first, std::min(rows, first + at_once), threads);
    parallel_blocks(threads, fits.size(), [&](std::uint64_t i) { fits[i].second.add(tensors); });
  }
  for (const auto& [task, fit] : fits) fit.finish(tasks[task].network.input);
}

}  // namespace amalgam
