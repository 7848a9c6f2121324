// Values that are not finite: where they are, at the speed of memory.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "amalgam/tensor.h"
#include "base/bytes.h"

namespace amalgam {

// [first element, count] runs of infinities and NaNs, ascending.
using NotFiniteRuns = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// Appends the runs of a piece that begins at element `first`; runs that touch are joined.
// Integer dtypes and the 8-bit floats have none.
void scan_not_finite(DType dtype, Bytes piece, std::uint64_t first, NotFiniteRuns& runs);

// Passes a tensor on and remembers its runs while it is read from the first byte to the last.
class FiniteScan : public TensorSource {
 public:
  explicit FiniteScan(Tensor base) : base_(std::move(base)) {}
  void read(std::uint64_t offset, MutableBytes out) const override;
  const NotFiniteRuns& runs() const { return runs_; }

 private:
  Tensor base_;
  mutable NotFiniteRuns runs_;
};

}  // namespace amalgam
