// Folders of runs: a living run holds a lock on its own, so what has none was left by a killed one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace amalgam {

struct LockedFolder {
  std::filesystem::path path;
  int lock = -1;  // a descriptor, to be closed when the folder is gone; -1: none could be made
};

// Makes a folder whose path is `prefix` and 12 hexadecimal digits, and locks it. Without one, errno
// says why.
LockedFolder make_locked_folder(const std::filesystem::path& prefix, mode_t mode);

// Removes all of this user's that begin so and that nobody has locked.
void remove_leftovers(const std::filesystem::path& prefix);

// What was removed of killed runs since the last call, by path: for a note to the user.
std::vector<std::filesystem::path> take_removed_leftovers();

}  // namespace amalgam
