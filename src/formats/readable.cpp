#include "formats/readable.h"

#include <filesystem>

#include "amalgam/error.h"

namespace amalgam {
namespace fs = std::filesystem;

void check_readable(const std::string& data) {
  std::error_code error;
  const fs::file_status status = fs::status(data, error);
  if (status.type() == fs::file_type::not_found)
    throw Error(
        ErrorCode::kIo, data,
        std::string("cannot be opened: there is no such file or folder") +
            (data.starts_with('~') ? " (only the shell knows ~: write the whole path)" : ""));
  if (error) throw Error(ErrorCode::kIo, data, "cannot be opened: " + error.message());
  if (fs::is_directory(status)) return;
  if (!fs::is_regular_file(status))
    throw Error(ErrorCode::kIo, data,
                "is a pipe, a device or a socket; write its content to a file first");
  if (fs::file_size(data) == 0) throw Error(ErrorCode::kInvalid, data, "is empty (0 bytes)");
}

}  // namespace amalgam
