// What torch.nn.init computes scales of initial values from.
#pragma once

#include <array>

#include "amalgam/tensor.h"

namespace amalgam {

// Inputs and outputs of one value of a weight, [out, in, kernel...], as torch.nn.init counts them.
struct Fans {
  double in = 0, out = 0;
};
Fans fans_of(const Shape& weight);

// What a variance is divided by: fan_in, fan_out, or both (xavier).
using FanOf = double (*)(const Fans&);
inline constexpr std::array<FanOf, 3> kFans = {
    [](const Fans& f) { return f.in; },
    [](const Fans& f) { return f.out; },
    [](const Fans& f) { return (f.in + f.out) / 2; },
};

// Squares of the gains: linear, relu, leaky relu, tanh, selu.
inline constexpr std::array kGains = {1.0, 2.0, 2 / 1.0001, 25.0 / 9, 9.0 / 16};

}  // namespace amalgam
