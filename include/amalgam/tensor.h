// Tensors on disk: a dtype, a shape, and bytes that are read when they are needed.
//
// A tensor is a plain value; copies share the bytes, which never change. Bytes are in the layout of
// safetensors (https://github.com/huggingface/safetensors), whatever file they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

class Buffer;

// The element types that files may hold; PyTorch's of the same names. What a model or a dataset may
// have of them is each reader's to say.
enum class DType : std::uint8_t {
  kBool,
  kUInt8,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
  kUInt16,
  kUInt32,
  kUInt64,
  kComplex64,
  kFloat8E4M3,
  kFloat8E5M2,
};

// Bytes of one element.
std::size_t dtype_size(DType dtype);
// As PyTorch spells it without "torch.": "float32".
std::string_view dtype_name(DType dtype);
// As safetensors spells it: "F32".
std::string_view dtype_safetensors(DType dtype);
// The reverse of both; nothing for names that are none.
std::optional<DType> dtype_from_name(std::string_view name);
std::optional<DType> dtype_from_safetensors(std::string_view name);
// Whether it holds real numbers, of any width; complex ones are none.
bool is_floating(DType dtype);

// Sizes of dimensions, the slowest first; empty for a single number.
using Shape = std::vector<std::uint64_t>;

// "[64, 3, 3, 3]".
std::string to_string(const Shape& shape);
// Product of the dimensions, 1 for a single number. Throws kDamaged when it does not fit into 64
// bits.
std::uint64_t element_count(const Shape& shape);

// Where a tensor's bytes come from: a mapped file, memory, or another tensor changed on the way.
// The bytes are contiguous, row-major, little-endian. read() may be called from several threads.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  // Fills `out` with the bytes from `offset` on. REQUIRES: offset + out.size() <= the tensor's
  // bytes. Throws kIo when the file can't be read, or is shorter now than when it was opened.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
  // The bytes themselves where they are in memory or mapped already, else an empty span. Valid as
  // long as the source lives.
  virtual std::span<const std::byte> view() const { return {}; }
};

// A tensor and where its bytes are.
struct Tensor {
  DType dtype = DType::kFloat32;
  Shape shape;
  std::shared_ptr<const TensorSource> source;  // null where values are still to be made

  // Bytes of all elements. Throws as element_count() does.
  std::uint64_t bytes() const { return element_count(shape) * dtype_size(dtype); }
};

// Bytes that are somebody else's, kept alive by `owner`. REQUIRES: they do not change.
std::shared_ptr<const TensorSource> view_source(std::span<const std::byte> bytes,
                                                std::shared_ptr<const void> owner);
// Bytes that the source owns.
std::shared_ptr<const TensorSource> memory_source(std::vector<std::byte> bytes);
std::shared_ptr<const TensorSource> memory_source(Buffer buffer);

}  // namespace amalgam
