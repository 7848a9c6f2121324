#include "formats/fields.h"

#include <fmt/format.h>

#include <utility>

#include "base/bytes.h"
#include "formats/row_numbers.h"

namespace amalgam {
namespace {

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

Field make_field(NamedTensor named, const std::string& where) {
  Field field{std::move(named.name), std::move(named.tensor)};
  if (field.tensor.shape.empty()) invalid(where, "is a single number; expected one row a sample");
  if (field.tensor.shape.front() == 0) invalid(where, "has no rows");
  if (field.width() == 0) invalid(where, "has empty rows: shape " + to_string(field.tensor.shape));
  return field;
}

std::string cure_of(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "x.astype('uint8')";
    case DType::kInt8:
    case DType::kInt16:
    case DType::kUInt16:
      return "x.astype('int32')";
    case DType::kComplex64:
      return "numpy.stack([x.real, x.imag], 1).astype('float32')";
    default:
      return is_floating(dtype) ? "x.astype('float32')" : "x.astype('int64')";
  }
}

template <typename T>
Tensor widen(const Tensor& tensor, const std::string& where) {
  const auto values = view_as<T>(tensor.source->view());
  std::vector<std::byte> out(values.size() * sizeof(std::int64_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::in_range<std::int64_t>(values[i]))
      invalid(where, fmt::format("row {} holds {}, which is more than int64 has{}",
                                 i / (values.size() / tensor.shape.front()), values[i], kFromZero));
    store_le<std::int64_t>(out, 8 * i, static_cast<std::int64_t>(values[i]));
  }
  return {DType::kInt64, tensor.shape, memory_source(std::move(out))};
}

// npy data follows a header of any length, so it may lie at an odd address.
Tensor aligned(const Tensor& tensor) {
  const Bytes view = tensor.source->view();
  if (reinterpret_cast<std::uintptr_t>(view.data()) % 8 == 0) return tensor;
  return {tensor.dtype, tensor.shape, memory_source({view.begin(), view.end()})};
}

}  // namespace

Field make_feature(NamedTensor named, const std::string& where) {
  const DType dtype = named.tensor.dtype;
  const bool known = dtype == DType::kUInt8 || dtype == DType::kInt32 || dtype == DType::kInt64 ||
                     dtype == DType::kFloat32;
  if (!known)
    throw Error(ErrorCode::kUnsupported, where,
                fmt::format("features are {}; give them as uint8, int32, int64 or float32 ({})",
                            dtype_name(dtype), cure_of(dtype)));
  return make_field(std::move(named), where);
}

Field make_target(NamedTensor named, const std::string& where) {
  named.tensor = aligned(named.tensor);
  Tensor& t = named.tensor;
  switch (t.dtype) {
    case DType::kUInt8:
      if (t.shape.size() > 1 && element_count(t.shape) > t.shape.front()) break;  // a mask
      [[fallthrough]];
    case DType::kBool:
      t = widen<std::uint8_t>(t, where);
      break;
    case DType::kInt8:
      t = widen<std::int8_t>(t, where);
      break;
    case DType::kInt16:
      t = widen<std::int16_t>(t, where);
      break;
    case DType::kUInt16:
      t = widen<std::uint16_t>(t, where);
      break;
    case DType::kInt32:
      t = widen<std::int32_t>(t, where);
      break;
    case DType::kUInt32:
      t = widen<std::uint32_t>(t, where);
      break;
    case DType::kUInt64:
      t = widen<std::uint64_t>(t, where);
      break;
    case DType::kInt64:
    case DType::kFloat32:
      break;
    default:
      throw Error(ErrorCode::kUnsupported, where,
                  fmt::format("targets are {}; save class numbers as int64 (y.astype('int64')), "
                              "real values as float32 (y.astype('float32'))",
                              dtype_name(t.dtype)));
  }
  Field field = make_field(std::move(named), where);
  field.role = Role::kTarget;
  return field;
}

}  // namespace amalgam
