// Which operations may stand in a model: those that do nothing but compute with their own tensors.
// The table is written by scripts/allowed_operations.py from PyTorch's schemas.
#pragma once

#include <string>
#include <string_view>

namespace amalgam {

// Of torch.ops.<space>.<op>.<overload>.
bool is_allowed_operation(const std::string& space, const std::string& op,
                          const std::string& overload);

// The table: lines of "<space>.<operation> <overload>...".
std::string_view allowed_operations();

}  // namespace amalgam
