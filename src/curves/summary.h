// A task's curves in a few numbers, as the terminal and the page show them.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/curves.h"

namespace amalgam {

inline constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// A quantity over the training: vectors of one length, NaN where it was not finite.
struct Curve {
  std::vector<double> epochs, steps, values;
};

// The smallest and the largest finite value; nothing where there is none.
struct Range {
  double least, most;
};
std::optional<Range> range_of(const std::vector<const Curve*>& curves);

// One quantity of one task: the loss, its metric, or the learning rate.
struct Quantity {
  std::string name;
  std::optional<bool> higher;  // whether more is better, where one is better than another
  bool rate = false;           // the learning rate: `train` alone, at all times when it is said
  Curve train, held_out;       // at the ends of epochs
  Curve train_steps;           // within epochs
  // Where no epoch has ended: what is known of it so far.
  const Curve& training() const { return train.values.empty() ? train_steps : train; }
};

// The quantities of which there is a value or a line: loss, metric, learning rate.
std::vector<Quantity> quantities_of(const TaskCurves& task);

// A curve's first, last and best value, NaN where it was not finite.
struct CurveSummary {
  double first = kNotANumber, last = kNotANumber;
  double best = kNotANumber, best_epoch = 0;  // NaN: none is finite, or none is better
};
CurveSummary summary_of(const Curve& curve, std::optional<bool> higher);

// "epochs 1 to 5 of 12, 1560 batches"
std::string extent_of(const TaskCurves& task, std::uint64_t epochs);

}  // namespace amalgam
