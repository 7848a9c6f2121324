#include "base/limits.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "amalgam/error.h"

namespace amalgam {
namespace {

std::uint64_t built_in() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || size <= 0) return std::uint64_t{4} << 30;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
}

// What containers are granted (cgroup v2, then v1); a file that says "max" or is not there grants
// all.
std::uint64_t granted(std::uint64_t most) {
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::uint64_t bytes = 0;
    if (file >> bytes && bytes > 0) most = std::min(most, bytes);
  }
  return most;
}

}  // namespace

std::string Limit::text() const {
  return "the limit on the " + std::string(what) + " is " + std::to_string(most);
}

std::uint64_t machine_memory() {
  static const std::uint64_t bytes = granted(built_in());
  return bytes;
}

Limit unfolded_bytes() {
  return {"bytes that one input may unfold to (half of this machine's memory)",
          machine_memory() / 2};
}

Limit row_numbers(std::uint64_t streams) {
  return {"rows of a job (whose numbers must fit half of this machine's memory)",
          machine_memory() / 2 / sizeof(std::uint64_t) / std::max<std::uint64_t>(1, streams)};
}

void check_limit(std::uint64_t found, const Limit& limit, const std::string& where) {
  if (found > limit.most)
    throw Error(ErrorCode::kUnsupported, where,
                "would be " + std::to_string(found) + ", and " + limit.text());
}

}  // namespace amalgam
