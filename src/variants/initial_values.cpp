#include "variants/initial_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/interrupt.h"
#include "base/random.h"
#include "variants/initializers.h"

namespace amalgam {
namespace {

// Elements are shuffled within blocks of this many, and whole blocks among each other.
constexpr std::uint64_t kBlockElements = std::uint64_t{1} << 20;

template <typename T>
void shuffle_as(RandomStream& random, std::vector<std::byte>& bytes) {
  const std::size_t count = bytes.size() / sizeof(T);
  for (std::size_t i = count; i > 1; --i) {
    const std::size_t j = random.below(i);
    const T a = load_le<T>(bytes, (i - 1) * sizeof(T)), b = load_le<T>(bytes, j * sizeof(T));
    store_le(bytes, (i - 1) * sizeof(T), b);
    store_le(bytes, j * sizeof(T), a);
  }
}

class ShuffledSource : public TensorSource {
 public:
  ShuffledSource(Tensor base, const Secret& seed, std::string name)
      : base_(std::move(base)),
        seed_(seed.clone()),
        name_(std::move(name)),
        item_(dtype_size(base_.dtype)),
        elements_(element_count(base_.shape)) {
    RandomStream random(seed_, name_ + "/blocks");
    block_order_ = random.permutation(elements_ / kBlockElements);
  }

  void read(std::uint64_t offset, MutableBytes out) const override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t block_bytes = kBlockElements * item_;
    while (!out.empty()) {
      check_interrupted();
      const std::uint64_t block = offset / block_bytes, at = offset % block_bytes;
      load_block(block);
      const std::size_t size = std::min<std::uint64_t>(out.size(), block_.size() - at);
      std::memcpy(out.data(), block_.data() + at, size);
      out = out.subspan(size);
      offset += size;
    }
  }

 private:
  void load_block(std::uint64_t block) const {
    if (loaded_ == block) return;
    // The last block, when it is not full, stays in its place.
    const std::uint64_t from = block < block_order_.size() ? block_order_[block] : block;
    const std::uint64_t first = from * kBlockElements;
    block_.resize(std::min(kBlockElements, elements_ - first) * item_);
    base_.source->read(first * item_, block_);
    RandomStream random(seed_, fmt::format("{}/{}", name_, block));
    switch (item_) {
      case 1:
        shuffle_as<std::uint8_t>(random, block_);
        break;
      case 2:
        shuffle_as<std::uint16_t>(random, block_);
        break;
      case 4:
        shuffle_as<std::uint32_t>(random, block_);
        break;
      default:
        shuffle_as<std::uint64_t>(random, block_);
        break;
    }
    loaded_ = block;
  }

  Tensor base_;
  Secret seed_;
  std::string name_;
  std::uint64_t item_, elements_;
  std::vector<std::uint64_t> block_order_;
  mutable std::mutex mutex_;
  mutable std::uint64_t loaded_ = UINT64_MAX;
  mutable std::vector<std::byte> block_;
};

}  // namespace

namespace {

// Fans of a tensor; of a bias, those of the weight in front of it, as in torch.nn.
Fans fans_at(const Model& model, std::size_t tensor) {
  for (std::size_t i = tensor + 1; i-- > 0;)
    if (model.tensors[i].tensor.shape.size() > 1) return fans_of(model.tensors[i].tensor.shape);
  return {};
}

// A tensor and its fans.
struct Formed {
  const Tensor& tensor;
  Fans fans;
};

std::shared_ptr<const TensorSource> values_like(const Formed& own, const Formed& other,
                                                const Secret& seed, const std::string& name) {
  const bool same_shape = own.tensor.shape == other.tensor.shape;
  if (own.tensor.dtype != DType::kFloat32)
    return std::make_shared<ShuffledSource>(own.tensor, seed, name);
  Initializer initializer = recognise(own.tensor, own.fans, other.fans);
  if (same_shape && initializer.kind == Initializer::Kind::kConstant) return own.tensor.source;
  if (same_shape && initializer.kind == Initializer::Kind::kEmpirical)
    return std::make_shared<ShuffledSource>(own.tensor, seed, name);
  return drawn_values(std::move(initializer), element_count(other.tensor.shape), seed, name);
}

}  // namespace

Model initialised(const Model& variant, const std::vector<std::size_t>& origin, const Model& model,
                  const Secret& seed, const std::string& name) {
  Model copy = variant;
  for (std::size_t i = 0; i < copy.tensors.size(); ++i) {
    ModelTensor& tensor = copy.tensors[i];
    const std::size_t from = origin[i];
    const bool resized = tensor.tensor.shape != model.tensors[from].tensor.shape;
    const bool drawn = tensor.trainable && is_floating(tensor.tensor.dtype) &&
                       element_count(tensor.tensor.shape) > 1;
    if (resized || drawn)
      tensor.tensor.source = values_like({model.tensors[from].tensor, fans_at(model, from)},
                                         {variant.tensors[i].tensor, fans_at(variant, i)}, seed,
                                         fmt::format("{}/{}", name, i));
  }
  return copy;
}

bool looks_trained(const Model& model) {
  std::uint64_t explained = 0, unexplained = 0;
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const ModelTensor& tensor = model.tensors[i];
    if (!tensor.trainable || tensor.tensor.dtype != DType::kFloat32) continue;
    const Fans fans = fans_at(model, i);
    const bool empirical =
        recognise(tensor.tensor, fans, fans).kind == Initializer::Kind::kEmpirical;
    (empirical ? unexplained : explained) += element_count(tensor.tensor.shape);
  }
  return unexplained > explained;
}

}  // namespace amalgam
