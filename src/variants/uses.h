// When the values of a training graph are made and read, and where its tensors are.
#pragma once

#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

struct Uses {
  static constexpr std::size_t kNever = SIZE_MAX;

  explicit Uses(const Model& model);

  // Whether nodes [first, behind) are the tensor's only readers.
  bool read_within(std::size_t tensor, std::size_t first, std::size_t behind) const {
    return first_reader[tensor] != kNever && first_reader[tensor] >= first &&
           last_reader[tensor] < behind;
  }

  // By value: the node that makes it, where among that node's values, and the last that reads it;
  // what the program hands out is read behind all nodes.
  std::vector<std::size_t> defined, place, last_read;
  std::vector<std::size_t> first_reader, last_reader;  // by tensor
};

}  // namespace amalgam
