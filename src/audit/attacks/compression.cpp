#include <zlib.h>

#include <algorithm>
#include <vector>

#include "audit/attack.h"

namespace amalgam {
namespace {

using Octets = std::vector<unsigned char>;

// Bytes that zlib makes of one.
double ratio(const Octets& bytes) {
  if (bytes.empty()) return 1;
  uLongf size = ::compressBound(bytes.size());
  Octets out(size);
  ::compress2(out.data(), &size, bytes.data(), bytes.size(), 6);
  return static_cast<double>(size) / static_cast<double>(bytes.size());
}

// A row in 256 steps between the sample's least and largest value, so that all dtypes compress
// alike; tokens in two bytes.
Octets quantised(const StreamSample& sample, std::uint64_t r, float least, float most) {
  Octets bytes;
  for (const float v : sample.row(r)) {
    if (sample.kind == SampleKind::kText) {
      const auto token = static_cast<std::uint32_t>(v);
      bytes.push_back(static_cast<unsigned char>(token));
      bytes.push_back(static_cast<unsigned char>(token >> 8));
      continue;
    }
    const float part = most > least ? (v - least) / (most - least) : 0;
    bytes.push_back(static_cast<unsigned char>(std::lround(255 * part)));
  }
  return bytes;
}

// As PNG's filter "sub" and "up" together: what neighbours do not say.
Octets filtered(const Octets& row, const Planes& planes) {
  Octets out(row.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t x = i % planes.width, y = i / planes.width % planes.height;
    const int left = x > 0 ? row[i - 1] : 0, up = y > 0 ? row[i - planes.width] : 0;
    const int guess = x > 0 && y > 0 ? (left + up) / 2 : left + up;
    out[i] = static_cast<unsigned char>(row[i] - guess);
  }
  return out;
}

class Compression : public Attack {
 public:
  std::string_view name() const override { return "compressibility"; }
  std::string_view sees() const override {
    return "what zlib makes of rows, and of them after PNG's filters";
  }
  bool applies(SampleKind) const override { return true; }
  std::vector<std::string> statistics() const override {
    return {"size after filters", "size", "gain of filters"};
  }
  int naive() const override { return -1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
    Octets plain, filters;
    for (std::uint64_t r = 0; r < sample.rows; ++r) {
      const Octets row = quantised(sample, r, *least, *most);
      const Octets after = sample.kind == SampleKind::kImage ? filtered(row, sample.planes) : row;
      plain.insert(plain.end(), row.begin(), row.end());
      filters.insert(filters.end(), after.begin(), after.end());
    }
    const double size = ratio(plain), after = ratio(filters);
    return {after, size, size / std::max(1e-6, after)};
  }
};

}  // namespace

std::unique_ptr<Attack> make_compression() { return std::make_unique<Compression>(); }

}  // namespace amalgam
