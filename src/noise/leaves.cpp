// Dead leaves (Matheron 1968; Baradad et al. 2021, "Learning to see by looking at noise"): opaque
// discs on top of each other, with radii that follow a power law, as natural images have edges at
// all scales. Radii depend on the class; colours are pixels of the class.
#include <algorithm>
#include <cmath>

#include "noise/classes.h"
#include "noise/generator.h"

namespace amalgam {
namespace {

class Leaves : public Generator {
 public:
  explicit Leaves(std::shared_ptr<const Dataset> data)
      : data_(std::move(data)), classes_(rows_by_class(*data_)) {}

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    const Planes planes = planes_of(data_->fields[field]);
    const std::uint32_t group = classes_.group_of[like];
    std::vector<bool> covered(planes.area());
    std::uint64_t open = planes.area();
    // From the front to the back: a later leaf shows only where none lies yet. The last one covers
    // all.
    for (std::uint64_t i = 0; open > 0; ++i) {
      const bool last = i >= 4 * planes.area();
      const Leaf leaf = draw_leaf(planes, group, random);
      open -= paint(field, leaf, planes, group, last, random, covered, out);
    }
  }

 private:
  struct Leaf {
    double row, column, radius;
  };

  // The density of radii falls with their third power, between bounds of the class's own.
  static Leaf draw_leaf(const Planes& planes, std::uint32_t group, RandomStream& random) {
    const double side = static_cast<double>(std::max(planes.height, planes.width));
    const double share =
        std::fmod(0.618033988749895 * (group + 1), 1.0);  // spread over the classes
    const double least = 0.5 + 0.06 * side * share, most = side * (0.25 + 0.5 * (1 - share));
    const double a = 1 / (least * least), b = 1 / (most * most);
    return {random.uniform() * static_cast<double>(planes.height),
            random.uniform() * static_cast<double>(planes.width),
            1 / std::sqrt(a + (b - a) * random.uniform())};
  }

  // The pixels that a leaf can reach, from first to behind the last.
  static std::pair<std::uint64_t, std::uint64_t> span_of(double centre, double reach,
                                                         std::uint64_t length) {
    const auto size = static_cast<double>(length);
    return {static_cast<std::uint64_t>(std::clamp(std::floor(centre - reach), 0.0, size)),
            static_cast<std::uint64_t>(std::clamp(std::ceil(centre + reach), 0.0, size))};
  }

  std::uint64_t paint(std::size_t field, const Leaf& leaf, const Planes& planes,
                      std::uint32_t group, bool everywhere, RandomStream& random,
                      std::vector<bool>& covered, MutableBytes out) const {
    const Tensor& tensor = data_->fields[field].tensor;
    const std::size_t item = dtype_size(tensor.dtype);
    const std::vector<std::uint64_t>& rows = classes_.groups[group];
    const std::uint64_t row = rows[random.below(rows.size())], pixel = random.below(planes.area());
    const Bytes source = tensor.source->view().subspan(row * out.size(), out.size());
    std::uint64_t painted = 0;
    const double reach = everywhere ? INFINITY : leaf.radius;
    const auto [top, bottom] = span_of(leaf.row, reach, planes.height);
    const auto [left, right] = span_of(leaf.column, reach, planes.width);
    for (std::uint64_t y = top; y < bottom; ++y)
      for (std::uint64_t x = left; x < right; ++x) {
        const std::uint64_t at = y * planes.width + x;
        const double down = static_cast<double>(y) + 0.5 - leaf.row,
                     across = static_cast<double>(x) + 0.5 - leaf.column;
        if (covered[at] || down * down + across * across > reach * reach) continue;
        covered[at] = true;
        ++painted;
        for (std::uint64_t c = 0; c < planes.channels; ++c)
          std::memcpy(out.data() + (c * planes.area() + at) * item,
                      source.data() + (c * planes.area() + pixel) * item, item);
      }
    return painted;
  }

  std::shared_ptr<const Dataset> data_;
  RowClasses classes_;
};

}  // namespace

std::unique_ptr<Generator> make_leaves(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Leaves>(std::move(data));
}

}  // namespace amalgam
