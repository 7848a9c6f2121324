#include <map>

#include "noise/generator.h"

namespace amalgam {
namespace {

class Resample : public Generator {
 public:
  explicit Resample(std::shared_ptr<const Dataset> data) : data_(std::move(data)) {
    group_by_class();
  }

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    switch (dtype_size(data_->features[field].tensor.dtype)) {
      case 1:
        return draw_items<std::uint8_t>(field, like, random, out);
      case 4:
        return draw_items<std::uint32_t>(field, like, random, out);
      default:
        return draw_items<std::uint64_t>(field, like, random, out);
    }
  }

 private:
  // Samples of one class number; one group for all where targets are no single class number.
  void group_by_class() {
    const std::uint64_t rows = data_->rows();
    group_of_.assign(rows, 0);
    const bool classes = data_->targets && data_->targets->width() == 1 &&
                         data_->targets->tensor.dtype == DType::kInt64;
    std::map<std::int64_t, std::uint32_t> number;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::int64_t label =
          classes ? load_le<std::int64_t>(data_->targets->tensor.source->view(), 8 * row) : 0;
      const auto group =
          number.emplace(label, static_cast<std::uint32_t>(number.size())).first->second;
      if (group == groups_.size()) groups_.emplace_back();
      groups_[group].push_back(row);
      group_of_[row] = group;
    }
  }

  template <typename T>
  void draw_items(std::size_t field, std::uint64_t like, RandomStream& random,
                  MutableBytes out) const {
    const std::vector<std::uint64_t>& group = groups_[group_of_[like]];
    const Bytes source = data_->features[field].tensor.source->view();
    const std::size_t width = out.size() / sizeof(T);
    for (std::size_t i = 0; i < width; ++i) {
      const std::uint64_t row = group[random.below(group.size())];
      store_le(out, i * sizeof(T), load_le<T>(source, (row * width + i) * sizeof(T)));
    }
  }

  std::shared_ptr<const Dataset> data_;
  std::vector<std::uint32_t> group_of_;
  std::vector<std::vector<std::uint64_t>> groups_;
};

}  // namespace

std::unique_ptr<Generator> make_resample(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Resample>(std::move(data));
}

}  // namespace amalgam
