// Outputs that appear whole or not at all, flushed to the disk, and never in place of another (law
// 9).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/output_place.h"

namespace amalgam {

// A file or folder that is built in a hidden folder beside its final place, and renamed when it is
// complete. Without commit() the destructor removes what was built. What killed runs had left of
// the same output is removed at once; what a living run is writing is locked, and stays.
class StagedOutput {
 public:
  enum class Kind { kFile, kFolder };
  // Throws as OutputPlace does, and kIo when nothing can be written there.
  StagedOutput(std::filesystem::path final_path, Kind kind);
  ~StagedOutput();
  StagedOutput(const StagedOutput&) = delete;
  StagedOutput& operator=(const StagedOutput&) = delete;

  // Where to write. For kFolder it exists already; for kFile create it.
  const std::filesystem::path& path() const { return content_; }
  const std::filesystem::path& target() const { return place_.path(); }
  // Flushes all of it to the disk, renames it to the final name without replacing, and flushes
  // that. Throws kExists if the name appeared meanwhile.
  void commit();

 private:
  friend void commit_together(std::span<StagedOutput*> outputs);
  void create_folder(Kind kind);
  void flush() const;
  void rename();
  void revoke();

  OutputPlace place_;
  std::filesystem::path staged_;   // the hidden folder
  std::filesystem::path content_;  // what is renamed: the folder itself, or a file in it
  int lock_ = -1;
  bool committed_ = false;
};

// A folder inside of one that is being built. Throws kIo.
void create_folder(const std::filesystem::path& path);

// Commits all or none, in this order, with signals held back in between. A kill in between leaves
// the first ones: what others are worthless without comes first.
void commit_together(std::span<StagedOutput*> outputs);

// A path as the user knows it: of a file that is being built, the place where it will be.
std::string shown_path(const std::filesystem::path& path);

}  // namespace amalgam
