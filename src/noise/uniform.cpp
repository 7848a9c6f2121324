#include "noise/generator.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

class Uniform : public Generator {
 public:
  explicit Uniform(std::shared_ptr<const Dataset> data) : data_(std::move(data)) {
    for (const Field& field : data_->features()) grids_.push_back(find_grid(field));
  }

  void draw(std::size_t field, std::uint64_t, RandomStream& random,
            MutableBytes out) const override {
    const DType dtype = data_->fields[field].tensor.dtype;
    const Grid& grid = grids_[field];
    for (std::size_t i = 0; i < out.size() / dtype_size(dtype); ++i) {
      const double value = grid.values.empty()
                               ? grid.least + (grid.most - grid.least) * random.uniform()
                               : grid.values[random.below(grid.values.size())];
      store_number(dtype, out, i, value);
    }
  }

 private:
  std::shared_ptr<const Dataset> data_;
  std::vector<Grid> grids_;
};

}  // namespace

std::unique_ptr<Generator> make_uniform(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Uniform>(std::move(data));
}

}  // namespace amalgam
