// The binary version of CIFAR-10 and CIFAR-100 (https://www.cs.toronto.edu/~kriz/cifar.html):
// records of one or two label bytes and 3 x 32 x 32 pixels.
#pragma once

#include <filesystem>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// The .bin files of a folder, in the order of their names; the file itself where it is one.
std::vector<std::filesystem::path> cifar_files(const std::filesystem::path& path);

// All records of the files, x uint8 [N, 3, 32, 32] and y the fine label. Throws kDamaged.
Dataset read_cifar(const std::vector<std::filesystem::path>& files, const std::string& where);

}  // namespace amalgam
