#include "amalgam/tensor.h"

#include <array>

#include "base/buffer.h"

namespace amalgam {
namespace {

struct DTypeRow {
  DType dtype;
  std::size_t size;
  std::string_view name;
  std::string_view safetensors;
  bool floating;
};

constexpr std::array kDTypes = {
    DTypeRow{DType::kBool, 1, "bool", "BOOL", false},
    DTypeRow{DType::kUInt8, 1, "uint8", "U8", false},
    DTypeRow{DType::kInt8, 1, "int8", "I8", false},
    DTypeRow{DType::kInt16, 2, "int16", "I16", false},
    DTypeRow{DType::kInt32, 4, "int32", "I32", false},
    DTypeRow{DType::kInt64, 8, "int64", "I64", false},
    DTypeRow{DType::kFloat16, 2, "float16", "F16", true},
    DTypeRow{DType::kBFloat16, 2, "bfloat16", "BF16", true},
    DTypeRow{DType::kFloat32, 4, "float32", "F32", true},
    DTypeRow{DType::kFloat64, 8, "float64", "F64", true},
    DTypeRow{DType::kUInt16, 2, "uint16", "U16", false},
    DTypeRow{DType::kUInt32, 4, "uint32", "U32", false},
    DTypeRow{DType::kUInt64, 8, "uint64", "U64", false},
    DTypeRow{DType::kComplex64, 8, "complex64", "C64", true},
    DTypeRow{DType::kFloat8E4M3, 1, "float8_e4m3fn", "F8_E4M3", true},
    DTypeRow{DType::kFloat8E5M2, 1, "float8_e5m2", "F8_E5M2", true},
};

const DTypeRow& row(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

class ViewSource : public TensorSource {
 public:
  ViewSource(Bytes bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}
  void read(std::uint64_t offset, MutableBytes out) const override {
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }
  Bytes view() const override { return bytes_; }

 private:
  Bytes bytes_;
  std::shared_ptr<const void> owner_;
};

}  // namespace

std::size_t dtype_size(DType dtype) { return row(dtype).size; }
std::string_view dtype_name(DType dtype) { return row(dtype).name; }
std::string_view dtype_safetensors(DType dtype) { return row(dtype).safetensors; }
bool is_floating(DType dtype) { return row(dtype).floating; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeRow& r : kDTypes)
    if (r.name == name) return r.dtype;
  return std::nullopt;
}

std::optional<DType> dtype_from_safetensors(std::string_view name) {
  for (const DTypeRow& r : kDTypes)
    if (r.safetensors == name) return r.dtype;
  return std::nullopt;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

std::uint64_t element_count(const Shape& shape) {
  std::uint64_t count = 1;
  for (std::uint64_t size : shape)
    if (__builtin_mul_overflow(count, size, &count))
      throw Error(ErrorCode::kDamaged, "shape " + to_string(shape),
                  "a size does not fit in 64 bits");
  return count;
}

std::shared_ptr<const TensorSource> view_source(Bytes bytes, std::shared_ptr<const void> owner) {
  return std::make_shared<ViewSource>(bytes, std::move(owner));
}

std::shared_ptr<const TensorSource> memory_source(std::vector<std::byte> bytes) {
  auto owned = std::make_shared<std::vector<std::byte>>(std::move(bytes));
  const Bytes view(*owned);
  return view_source(view, std::move(owned));
}

std::shared_ptr<const TensorSource> memory_source(Buffer buffer) {
  auto owned = std::make_shared<const Buffer>(std::move(buffer));
  const Bytes view = owned->bytes();
  return view_source(view, std::move(owned));
}

}  // namespace amalgam
