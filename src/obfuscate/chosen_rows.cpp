#include "obfuscate/chosen_rows.h"

namespace amalgam {
namespace {

class ChosenRows : public RowSource {
 public:
  ChosenRows(std::shared_ptr<const RowSource> source, std::vector<std::uint64_t> rows,
             std::vector<FieldScaling> scaling)
      : source_(std::move(source)), rows_(std::move(rows)), scaling_(std::move(scaling)) {}

  std::uint64_t rows() const override { return rows_.size(); }

  Bytes read(std::size_t field, std::uint64_t row, MutableBytes scratch) const override {
    const Bytes own = source_->read(field, rows_[row], scratch);
    if (!scaled(field)) return own;
    const MutableBytes out = scratch.first(own.size());
    if (scaling_[field].rows.is_any()) {
      scale_row(scaling_[field].rows, own, out);
      return out;
    }
    const Scaling& scaling = scaling_[field].columns;
    const std::size_t width = own.size() / sizeof(float);
    for (std::size_t i = 0; i < width; ++i)
      store_le(out, i * sizeof(float), scaling(load_le<float>(own, i * sizeof(float)), i, width));
    return out;
  }

  const std::byte* in_memory(std::size_t field, std::uint64_t row) const override {
    return scaled(field) ? nullptr : source_->in_memory(field, rows_[row]);
  }

 private:
  bool scaled(std::size_t field) const {
    return field < scaling_.size() && scaling_[field].is_any();
  }

  std::shared_ptr<const RowSource> source_;
  std::vector<std::uint64_t> rows_;
  std::vector<FieldScaling> scaling_;
};

}  // namespace

std::shared_ptr<const RowSource> chosen_rows(std::shared_ptr<const RowSource> source,
                                             std::vector<std::uint64_t> rows,
                                             std::vector<FieldScaling> scaling) {
  return std::make_shared<ChosenRows>(std::move(source), std::move(rows), std::move(scaling));
}

}  // namespace amalgam
