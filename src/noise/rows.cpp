#include "noise/rows.h"

namespace amalgam {
namespace {

// Where one field's rows lie: worked out once, because rows are asked for by the million.
struct Rows {
  const std::byte* first = nullptr;
  std::uint64_t bytes = 0;

  Rows() = default;
  explicit Rows(const Field& field)
      : first(field.tensor.source->view().data()), bytes(field.row_bytes()) {}
  Bytes row(std::uint64_t number) const { return {first + number * bytes, bytes}; }
};

class DatasetRows : public RowSource {
 public:
  explicit DatasetRows(Dataset dataset) : dataset_(std::move(dataset)) {
    for (const Field& field : dataset_.features) features_.emplace_back(field);
    if (dataset_.targets) targets_ = Rows(*dataset_.targets);
  }

  std::uint64_t rows() const override { return dataset_.rows(); }
  Bytes features(std::size_t field, std::uint64_t row, MutableBytes) const override {
    return features_[field].row(row);
  }
  Bytes targets(std::uint64_t row, MutableBytes) const override { return targets_.row(row); }
  const std::byte* in_memory(std::size_t field, std::uint64_t row) const override {
    return features_[field].row(row).data();
  }

 private:
  Dataset dataset_;
  std::vector<Rows> features_;
  Rows targets_;
};

}  // namespace

std::shared_ptr<const RowSource> dataset_rows(Dataset dataset) {
  return std::make_shared<DatasetRows>(std::move(dataset));
}

}  // namespace amalgam
