#include "noise/rows.h"

namespace amalgam {
namespace {

class DatasetRows : public RowSource {
 public:
  explicit DatasetRows(Dataset dataset) : dataset_(std::move(dataset)) {}

  std::uint64_t rows() const override { return dataset_.rows(); }
  Bytes features(std::size_t field, std::uint64_t row, MutableBytes) const override {
    return row_of(dataset_.features[field], row);
  }
  Bytes targets(std::uint64_t row, MutableBytes) const override {
    return dataset_.targets ? row_of(*dataset_.targets, row) : Bytes{};
  }

 private:
  static Bytes row_of(const Field& field, std::uint64_t row) {
    const std::uint64_t size = field.row_bytes();
    return field.tensor.source->view().subspan(row * size, size);
  }
  Dataset dataset_;
};

}  // namespace

std::shared_ptr<const RowSource> dataset_rows(Dataset dataset) {
  return std::make_shared<DatasetRows>(std::move(dataset));
}

}  // namespace amalgam
