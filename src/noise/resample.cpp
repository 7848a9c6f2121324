#include "noise/classes.h"
#include "noise/generator.h"

namespace amalgam {
namespace {

class Resample : public Generator {
 public:
  explicit Resample(std::shared_ptr<const Dataset> data)
      : data_(std::move(data)), classes_(rows_by_class(*data_)) {}

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    switch (dtype_size(data_->fields[field].tensor.dtype)) {
      case 1:
        return draw_items<std::uint8_t>(field, like, random, out);
      case 4:
        return draw_items<std::uint32_t>(field, like, random, out);
      default:
        return draw_items<std::uint64_t>(field, like, random, out);
    }
  }

 private:
  template <typename T>
  void draw_items(std::size_t field, std::uint64_t like, RandomStream& random,
                  MutableBytes out) const {
    const std::vector<std::uint64_t>& group = classes_.groups[classes_.group_of[like]];
    const Bytes source = data_->fields[field].tensor.source->view();
    const std::size_t width = out.size() / sizeof(T);
    for (std::size_t i = 0; i < width; ++i) {
      const std::uint64_t row = group[random.below(group.size())];
      store_le(out, i * sizeof(T), load_le<T>(source, (row * width + i) * sizeof(T)));
    }
  }

  std::shared_ptr<const Dataset> data_;
  RowClasses classes_;
};

}  // namespace

std::unique_ptr<Generator> make_resample(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Resample>(std::move(data));
}

}  // namespace amalgam
