#include "formats/rows.h"

namespace amalgam {
namespace {

// Where one field's rows lie: worked out once, because rows are asked for by the million.
struct Rows {
  const std::byte* first;
  std::uint64_t bytes;

  explicit Rows(const Field& field)
      : first(field.tensor.source->view().data()), bytes(field.row_bytes()) {}
  Bytes row(std::uint64_t number) const { return {first + number * bytes, bytes}; }
};

class DatasetRows : public RowSource {
 public:
  explicit DatasetRows(Dataset dataset) : dataset_(std::move(dataset)) {
    for (const Field& field : dataset_.fields) fields_.emplace_back(field);
  }

  std::uint64_t rows() const override { return dataset_.rows(); }
  Bytes read(std::size_t field, std::uint64_t row, MutableBytes) const override {
    return fields_[field].row(row);
  }
  const std::byte* in_memory(std::size_t field, std::uint64_t row) const override {
    return fields_[field].row(row).data();
  }

 private:
  Dataset dataset_;
  std::vector<Rows> fields_;
};

}  // namespace

std::shared_ptr<const RowSource> dataset_rows(Dataset dataset) {
  return std::make_shared<DatasetRows>(std::move(dataset));
}

}  // namespace amalgam
