// Which folders are classes: what lies beside, inside or below them must not shift their numbers in
// silence.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/image_files.h"

namespace amalgam {

// Folders with images, and how many of them.
using ClassFolders = std::map<std::string, std::uint64_t>;

// The class that a file belongs to: the name of the folder that it lies in. Throws kInvalid where
// it lies in none.
std::string class_of(const std::string& path, const std::string& where);

// That the folders with images, all of `folders`, lie beside one another, or that each of several
// folders (train/ and test/) has the same classes, which a note then says; and, unless `numbered`
// (the classes have their numbers from other data), that no folder beside them is empty. Throws
// kInvalid with the cure: folders of other classes, classes inside classes, a class whose files are
// of no known kind. Returns notes, also on each kind of file that was left out.
std::vector<std::string> check_class_folders(const ClassFolders& folders,
                                             const Bystanders& bystanders, bool numbered,
                                             const std::string& where);

}  // namespace amalgam
