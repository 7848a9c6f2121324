// Tensors on disk: a dtype, a shape, and bytes that are read when they are needed.
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
std::optional<DType> dtype_from_name(std::string_view name);
std::optional<DType> dtype_from_safetensors(std::string_view name);
bool is_floating(DType dtype);

using Shape = std::vector<std::uint64_t>;

// "[64, 3, 3, 3]".
std::string to_string(const Shape& shape);
// Product of the dimensions; throws kDamaged when it does not fit.
std::uint64_t element_count(const Shape& shape);

// Where a tensor's bytes come from: a mapped file, memory, or another tensor changed on the way.
// The bytes are contiguous, row-major, little-endian. read() may be called from several threads.
class TensorSource {
 public:
  virtual ~TensorSource() = default;
  // REQUIRES: offset + out.size() <= the tensor's bytes.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
  // The bytes themselves where they are in memory already, else an empty span.
  virtual std::span<const std::byte> view() const { return {}; }
};

struct Tensor {
  DType dtype = DType::kFloat32;
  Shape shape;
  std::shared_ptr<const TensorSource> source;

  std::uint64_t bytes() const { return element_count(shape) * dtype_size(dtype); }
};

// Bytes kept alive by `owner`.
std::shared_ptr<const TensorSource> view_source(std::span<const std::byte> bytes,
                                                std::shared_ptr<const void> owner);
std::shared_ptr<const TensorSource> memory_source(std::vector<std::byte> bytes);
std::shared_ptr<const TensorSource> memory_source(Buffer buffer);

}  // namespace amalgam
