// Weaving against memcpy of the same output bytes, in the same run: repetitions interleaved, best
// times compared.
//
// Values in memory, rows in secret order, amount 1 (as many inserted values as wanted ones),
// buffers larger than the last-level cache. Exit status 1 when a ratio misses its threshold.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>

#include "base/buffer.h"
#include "base/parallel.h"
#include "noise/generator.h"
#include "weave/merge.h"
#include "weave/samples.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kOutputBytes = std::uint64_t{384} << 20;
constexpr int kRepetitions = 31;

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<double> best_times(const std::vector<std::function<void()>>& works) {
  std::vector<std::vector<double>> times(works.size());
  for (int r = -1; r < kRepetitions; ++r)  // the first warms up
    for (std::size_t w = 0; w < works.size(); ++w) {
      const double time = seconds(works[w]);
      if (r >= 0) times[w].push_back(time);
    }
  std::vector<double> out;
  for (std::vector<double>& t : times) {
    std::sort(t.begin(), t.end());
    out.push_back(t.front());
  }
  return out;
}

Dataset dataset(DType dtype, std::uint64_t rows, std::uint64_t width, std::uint64_t seed) {
  Buffer x(rows * width * dtype_size(dtype)), y(rows * 8);
  for (std::size_t i = 0; i + 8 <= x.size(); i += 8) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    store_le(x.mutable_bytes(), i, seed & 0x3f7f3f7f3f7f3f7fu);
  }
  for (std::uint64_t row = 0; row < rows; ++row)
    store_le<std::int64_t>(y.mutable_bytes(), 8 * row, static_cast<std::int64_t>(row % 10));
  Dataset data;
  data.where = "bench";
  data.add({"x", {dtype, {rows, width}, memory_source(std::move(x))}});
  data.add({"y", {DType::kInt64, {rows}, memory_source(std::move(y))}, Role::kTarget});
  return data;
}

struct Case {
  const char* name;
  DType dtype;
  std::uint64_t width;  // of one stream
  double threshold;
};

// The hot loop alone: rows of two streams in memory, written into a buffer that is there already,
// as memcpy's is.
bool run(const Case& c) {
  const std::uint64_t row_bytes = 2 * c.width * dtype_size(c.dtype),
                      rows = kOutputBytes / row_bytes;
  std::vector<Dataset> data;
  std::vector<TaskShape> shapes;
  for (std::uint64_t t = 0; t < 2; ++t) {
    data.push_back(dataset(c.dtype, rows, c.width, t + 1));
    shapes.push_back({std::to_string(t), "", {{Role::kFeature, c.dtype, c.width}}, rows, 0});
  }
  const Secret seed = seed_from_hex(std::string(64, '1'));
  const Plan plan = draw_plan(seed, shapes, {rows, 0});
  const RowMerger merger(
      {&plan.streams[0].fields[0].positions, &plan.streams[1].fields[0].positions},
      dtype_size(c.dtype));
  Buffer out(rows * row_bytes), copy(rows * row_bytes);
  std::vector<std::shared_ptr<const RowSource>> sources_of;
  for (const Dataset& one : data) sources_of.push_back(dataset_rows(one));
  static constexpr std::uint64_t kBlock = 256, kAhead = 2;
  const auto weave = [&](unsigned threads) {
    parallel_blocks(threads, (rows + kBlock - 1) / kBlock, [&](std::uint64_t block) {
      const std::byte *sources[2], *ahead[2];
      for (std::uint64_t row = block * kBlock; row < std::min(rows, (block + 1) * kBlock); ++row) {
        for (std::size_t s = 0; s < 2; ++s) {
          const Stream& stream = plan.streams[s];
          const RowSource& source = *sources_of[stream.task];
          sources[s] = source.read(0, stream.rows[row], {}).data();
          ahead[s] = source.in_memory(0, stream.rows[std::min(row + kAhead, rows - 1)]);
        }
        merger.merge(sources, ahead, out.data() + row * row_bytes);
      }
      RowMerger::publish();
    });
  };
  const auto times = best_times({[&] { std::memcpy(copy.data(), out.data(), out.size()); },
                                 [&] { weave(1); }, [&] { weave(2); }});
  const double gigabytes = static_cast<double>(out.size()) / 1e9;
  const double ratio = times[0] / times[1], speedup = times[1] / times[2];
  const bool good = ratio >= c.threshold && speedup >= 1.7;
  fmt::print(
      "{:<22} memcpy {:6.2f} GB/s  weave {:6.2f} GB/s  {:.2f} of memcpy (least {:.2f})  two "
      "threads {:.2f} (least 1.70)  {}\n",
      c.name, gigabytes / times[0], gigabytes / times[1], ratio, c.threshold, speedup,
      good ? "ok" : "MISSED");
  return good;
}

void report_generator(const std::string& name, DType dtype) {
  const std::uint64_t rows = 20'000, width = 784;
  const auto data = std::make_shared<const Dataset>(dataset(dtype, rows, width, 3));
  const Secret seed = seed_from_hex(std::string(64, '2'));
  const auto made =
      generated_rows(data, make_generator({name, {}, {}}, data, {}), seed, "noise", rows);
  std::vector<std::byte> row(width * dtype_size(dtype));
  const double time = seconds([&] {
    for (std::uint64_t r = 0; r < rows; ++r) made->read(0, r, row);
  });
  fmt::print("generated {:<9} {:<8} {:7.1f} M values/s, one thread\n", name, dtype_name(dtype),
             static_cast<double>(rows * width) / time / 1e6);
}

}  // namespace
}  // namespace amalgam

int main() {
  using namespace amalgam;
  bool good = true;
  for (const Case& c : {Case{"uint8, 1,568-byte rows", DType::kUInt8, 784, 0.25},
                        Case{"uint8, 6,144-byte rows", DType::kUInt8, 3072, 0.25},
                        Case{"float32, 1,568 values", DType::kFloat32, 784, 0.5},
                        Case{"float32, 6,144 values", DType::kFloat32, 3072, 0.5}})
    good = run(c) && good;
  for (const std::string& name : generator_names())
    for (DType dtype : {DType::kUInt8, DType::kFloat32}) report_generator(name, dtype);
  return good ? 0 : 1;
}
