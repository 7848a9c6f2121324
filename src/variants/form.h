// How values of a tensor were drawn: the families of torch.nn.init.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace amalgam {

struct Form {
  enum class Kind : std::uint8_t {
    kConstant,    // all `scale`
    kUniform,     // in [from, from + range), as torch.Tensor.uniform_
    kNormal,      // of mean 0 and standard deviation `scale`, as torch.Tensor.normal_
    kTruncated,   // the same, drawn again where beyond +-`bound`, as torch.nn.init.trunc_normal_
    kOrthogonal,  // rows (or columns, where there are fewer) that are orthogonal and of the norm
                  // `scale`, as torch.nn.init.orthogonal_
  };
  Kind kind = Kind::kConstant;
  double scale = 0;
  float from = 0, range = 0;
  double bound = 0;

  static Form constant(float value) {
    return {Kind::kConstant, static_cast<double>(value), 0, 0, 0};
  }
  static Form uniform(float from, float range) { return {Kind::kUniform, 0, from, range, 0}; }
  static Form normal(double deviation) { return {Kind::kNormal, deviation, 0, 0, 0}; }
  static Form truncated(double deviation, double bound) {
    return {Kind::kTruncated, deviation, 0, 0, bound};
  }
  static Form orthogonal(double gain) { return {Kind::kOrthogonal, gain, 0, 0, 0}; }

  bool operator==(const Form&) const = default;
};

// Rows of a tensor, one after another in its first dimension, that were drawn in one way.
struct FormRows {
  std::uint64_t rows = 0;
  Form form;

  bool operator==(const FormRows&) const = default;
};

// The values that a tensor has when training begins. They are its owner's, or are drawn anew: by
// form, as the norms of another tensor's rows (torch.nn.utils.weight_norm), or as another tensor's
// values once more.
struct Start {
  std::vector<FormRows> rows;  // all rows of the tensor; empty where it is not drawn by form
  std::optional<std::size_t> norms_of, same_as;  // indices into Model::tensors

  bool drawn() const { return !rows.empty() || norms_of || same_as; }
};

}  // namespace amalgam
