// What a task's programs find under a name: a stored field, or what a transform made.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "amalgam/graph.h"
#include "weave/task.h"

namespace amalgam {

struct Available {
  std::string name;
  Source source;
  DType dtype = DType::kFloat32;
  Shape shape;  // of one sample
  bool target = false;
  bool taken_by_transform = false;  // as it is stored
};

// Of one sample; symbolic dimensions by the size of the export.
Shape behind_batch(const Value& value);
std::vector<Dim> dims_behind_batch(const Value& value);
// Whether a sample of this shape can be taken as this value.
bool fits(const Shape& shape, const Value& taken);
// Whether people call the only target so: "y", "target", "label".
bool is_usual_target(const std::string& name);
// As messages have them: "'x', 'mask'"; "none".
std::string listed(const std::vector<std::string>& names);
// The one of that name and kind, exactly or in small letters; with `single` the only one.
std::optional<std::size_t> find_available(std::span<const Available> all, const std::string& name,
                                          bool target, bool single);

}  // namespace amalgam
