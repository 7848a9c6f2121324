// A dataset as a task sees it: named feature fields and targets, one row a sample.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

// [N, ...]; uint8, int32, int64 or float32; its bytes are in memory or mapped, contiguous.
struct Field {
  std::string name;  // stays at home: the job gives columns neutral names
  Tensor tensor;

  std::uint64_t rows() const { return tensor.shape.front(); }
  Shape sample_shape() const { return {tensor.shape.begin() + 1, tensor.shape.end()}; }
  // Elements of one row.
  std::uint64_t width() const { return element_count(sample_shape()); }
  std::uint64_t row_bytes() const { return width() * dtype_size(tensor.dtype); }
};

struct Dataset {
  std::string where;             // the user's path, for messages
  std::vector<Field> features;   // at least one
  std::optional<Field> targets;  // int64 or float32; integers are widened to int64 when read

  std::uint64_t rows() const { return features.front().rows(); }
};

// Opens DATA: one path, or "features,targets". Its kind is seen from its content: IDX (also .gz),
// .npz, .npy, .safetensors. Throws kInvalid, kUnsupported or kDamaged, naming file, field, what was
// found and what was expected.
Dataset open_dataset(const std::string& data);

}  // namespace amalgam
