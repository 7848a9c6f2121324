// The .pt2 archive of torch.export.save, PyTorch 2.9 to 2.13: a zip of a JSON program and raw
// tensors. Reads the program, the parameters, buffers and constants; never example inputs, pickles
// or custom objects.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "amalgam/tensor.h"
#include "base/json.h"

namespace amalgam {

struct Pt2Tensor {
  Tensor tensor;
  bool requires_grad = false;
  Shape strides;  // in elements, as it lay in the user's memory; `tensor` is contiguous
  // Tensors with the same identity are one tensor under several names (tied weights).
  std::string identity;
};

struct Pt2Archive {
  std::string where;
  Json program;                              // the serialised ExportedProgram, schema 8.14 to 8.20
  std::map<std::string, Pt2Tensor> weights;  // by the name in state_dict()
  std::map<std::string, Pt2Tensor> constants;  // lifted constants and non-persistent buffers
};

// Throws kUnsupported for versions outside the range, with the version found; kDamaged for anything
// else.
Pt2Archive read_pt2(const std::filesystem::path& path);

// The schema's numbering of dtypes (torch/_export/serde/schema.py, ScalarType). Throws
// kUnsupported.
DType dtype_from_schema(std::int64_t number, const std::string& where);

}  // namespace amalgam
