// How a tensor was initialised, told from its values, and more values of the same kind.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/tensor.h"
#include "base/secret.h"

namespace amalgam {

// What a decoy's values are drawn from.
struct Initializer {
  enum class Kind {
    kConstant,   // all `scale`
    kUniform,    // [-scale, scale), as torch.Tensor.uniform_
    kNormal,     // of standard deviation `scale`, as torch.Tensor.normal_
    kEmpirical,  // unlike any of these (a trained model's): the quantiles of its values
  };
  Kind kind = Kind::kEmpirical;
  double scale = 0;
  std::vector<float> quantiles;  // sorted
};

// Inputs and outputs of one value of a weight, [out, in, kernel...], as torch.nn.init counts them.
struct Fans {
  double in = 0, out = 0;
};
Fans fans_of(const Shape& weight);

// Tests the values (a sample of them where they are many) against the initializers of torch.nn with
// the Kolmogorov-Smirnov test. With `own` and `other` the scale is that of a tensor of other fans,
// where it is one of torch.nn.init's functions of them. REQUIRES: float32.
Initializer recognise(const Tensor& tensor, const Fans& own, const Fans& other);

// Float32 values drawn anew, from the streams "<name>/<block>" of the seed; any piece at any time.
std::shared_ptr<const TensorSource> drawn_values(Initializer initializer, std::uint64_t elements,
                                                 const Secret& seed, std::string name);

}  // namespace amalgam
