#include "base/output_place.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include "base/file.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

struct Reserved {
  const void* owner;
  fs::path path, place;  // place: the path without links and dots
};

std::mutex mutex;  // of what follows
std::vector<Reserved> reserved;

bool is_job(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "job.json", ignored) && fs::exists(folder / "train.py", ignored);
}

// All of a job is sent: neither a key nor anything that was made with one may lie in it.
void refuse_inside_a_job(const fs::path& path, const fs::path& place) {
  for (fs::path folder = place.parent_path();; folder = folder.parent_path()) {
    if (is_job(folder))
      throw Error(ErrorCode::kUsage, path.string(),
                  "lies inside the job " + folder.string() +
                      ", which goes to the cloud; choose a place at home");
    if (folder == folder.parent_path()) return;
  }
}

// REQUIRES: the mutex is held.
void refuse_other_outputs(const fs::path& path, const fs::path& place) {
  for (const Reserved& other : reserved) {
    if (place == other.place)
      throw Error(ErrorCode::kUsage, path.string(),
                  "is the place of two outputs; name another for one of them");
    if (lies_inside(place, other.place) || lies_inside(other.place, place))
      throw Error(ErrorCode::kUsage, path.string(),
                  "and " + other.path.string() +
                      " are outputs one inside the other; choose places beside each other");
  }
}

}  // namespace

OutputPlace::OutputPlace(fs::path path) : path_(output_path(std::move(path))) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path_, error).type();
  if (type == fs::file_type::none) {
    errno = error.value();
    fail_io(path_, "cannot be written");
  }
  if (type == fs::file_type::not_found && !fs::is_directory(folder(), error))
    throw Error(ErrorCode::kIo, folder().string(),
                "is not a folder, so nothing can be written there");
  if (type != fs::file_type::not_found) fail_exists(path_);
  const fs::path place = fs::canonical(folder()) / path_.filename();
  refuse_inside_a_job(path_, place);
  const std::lock_guard guard(mutex);
  refuse_other_outputs(path_, place);
  reserved.push_back({this, path_, place});
}

OutputPlace::~OutputPlace() {
  const std::lock_guard guard(mutex);
  std::erase_if(reserved, [this](const Reserved& one) { return one.owner == this; });
}

fs::path OutputPlace::folder() const {
  return path_.parent_path().empty() ? fs::path(".") : path_.parent_path();
}

void OutputPlace::check_writable() const {
  if (::faccessat(AT_FDCWD, folder().c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    fail_io(path_, "cannot be created");
}

fs::path output_path(fs::path path) {
  if (path.filename().empty()) path = path.parent_path();
  if (path.empty())
    throw Error(ErrorCode::kUsage, "", "the name of an output is empty; give it one");
  return path;
}

void fail_exists(const fs::path& path) {
  throw Error(ErrorCode::kExists, path.string(),
              "is already there, and is never overwritten; choose another name, or move it away");
}

}  // namespace amalgam
