// The rows of one dataset, in a secret order, and which of them are taken already.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "amalgam/dataset.h"
#include "base/random.h"
#include "base/secret.h"

namespace amalgam {

using RowList = std::vector<std::uint64_t>;

RowList all_rows(const Dataset& data);

// How rows that are taken are spread over classes: as they come; as many of each as can be; or of
// each a part of those that are left.
enum class Spread : std::uint8_t { kAny, kEven, kProportional };

class RowPool {
 public:
  // Draws the order. `data` must outlive it.
  RowPool(const Dataset& data, const Secret& seed, const std::string& name);

  // Rows that are equal to one before them come last.
  void put_repeats_last(const std::vector<std::uint64_t>& keys);

  // The next `count` rows, ascending. REQUIRES: so many are left.
  RowList take(std::uint64_t count, Spread spread);

  // Leaves these alone, in the order in which they are now. REQUIRES: ascending.
  void keep(const RowList& rows);

 private:
  RowList of_classes(std::span<const std::uint64_t> rows, const Field& labels, std::uint64_t count,
                     Spread spread) const;

  const Dataset& data_;
  RowList order_;
  std::uint64_t distinct_;  // so many at the beginning differ
};

}  // namespace amalgam
