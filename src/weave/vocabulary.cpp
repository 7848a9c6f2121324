#include "weave/vocabulary.h"

#include "graph/tokens.h"
#include "weave/network.h"

namespace amalgam {
namespace {

class Rows : public TensorSource {
 public:
  // Row i is row from[i] of `tensor`.
  Rows(const Tensor& tensor, std::vector<std::uint32_t> from)
      : source_(tensor.source),
        from_(std::move(from)),
        row_bytes_(from_.empty() ? 0 : tensor.bytes() / from_.size()) {}

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const std::uint64_t row = offset / row_bytes_, within = offset % row_bytes_;
      const auto count = std::min<std::uint64_t>(row_bytes_ - within, out.size());
      source_->read(from_[row] * row_bytes_ + within, out.first(count));
      out = out.subspan(count);
      offset += count;
    }
  }

 private:
  std::shared_ptr<const TensorSource> source_;
  std::vector<std::uint32_t> from_;
  std::uint64_t row_bytes_;
};

std::vector<std::uint32_t> inverse(const std::vector<std::uint32_t>& numbers) {
  std::vector<std::uint32_t> out(numbers.size());
  for (std::uint32_t i = 0; i < numbers.size(); ++i) out[numbers[i]] = i;
  return out;
}

}  // namespace

Tensor renumbered(const Tensor& tensor, const std::vector<std::uint32_t>& numbers) {
  return {tensor.dtype, tensor.shape, std::make_shared<Rows>(tensor, inverse(numbers))};
}

Tensor numbered_back(const Tensor& tensor, const std::vector<std::uint32_t>& numbers) {
  return {tensor.dtype, tensor.shape, std::make_shared<Rows>(tensor, numbers)};
}

void weave_vocabularies(const Plan& plan, std::span<JobTask> tasks) {
  for (const Stream& stream : plan.streams) {
    TaskNetwork& task = tasks[stream.task].network;
    if (task.vocabulary.empty() || stream.numbers.empty()) continue;
    Model model = *task.model;
    for (std::size_t tensor : task.vocabulary)
      model.tensors[tensor].tensor = renumbered(model.tensors[tensor].tensor, stream.numbers);
    renumber_padding(model, task.vocabulary, stream.numbers);
    task.model = std::make_shared<const Model>(std::move(model));
  }
}

}  // namespace amalgam
