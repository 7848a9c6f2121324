#include "base/temporary_folder.h"

#include <unistd.h>

#include "base/file.h"
#include "base/leftovers.h"

namespace amalgam {
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder(const std::string& name) {
  const fs::path prefix = fs::temp_directory_path() / ("amalgam-" + name + "-");
  remove_leftovers(prefix);
  const LockedFolder made = make_locked_folder(prefix, 0700);
  if (made.lock < 0) fail_io(prefix, "cannot be created");
  path_ = made.path;
  lock_ = made.lock;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(lock_);
}

}  // namespace amalgam
