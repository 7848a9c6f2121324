// Which folders are classes: what lies beside, inside or below them must not shift their numbers in
// silence.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "formats/image_files.h"

namespace amalgam {

// The class that a file belongs to: the name of the folder that it lies in. Throws kInvalid where
// it lies in none.
std::string class_of(const std::string& path, const std::string& where);

// That the folders with images, all of `folders`, lie beside one another; and, unless `numbered`
// (the classes have their numbers from other data), that no folder beside them is empty. Throws
// kInvalid with the cure: train/ beside val/, classes inside classes, a class whose files are of no
// known kind. Returns a note on each kind of file that was left out.
std::vector<std::string> check_class_folders(const std::set<std::string>& folders,
                                             const Bystanders& bystanders, bool numbered,
                                             const std::string& where);

}  // namespace amalgam
