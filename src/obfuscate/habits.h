// What an analyst's eye calls special in a task's rows: class counts that are exactly round, and
// rows that are there once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

using RowNumbers = std::span<const std::uint64_t>;

// Whether each class has as many of these rows as the others, up to one. Nothing where rows have no
// class number, or all the same.
std::optional<bool> balanced(const Dataset& data, RowNumbers rows);

// A number for each row of a dataset; equal rows, in all features, have equal ones. Datasets are
// read when they are first asked for, and must live as long.
class RowKeys {
 public:
  const std::vector<std::uint64_t>& of(const Dataset& data);

 private:
  std::map<const Dataset*, std::vector<std::uint64_t>> known_;
};
// How many of these rows are equal to an earlier one.
std::uint64_t repeats(const std::vector<std::uint64_t>& keys, RowNumbers rows);

}  // namespace amalgam
