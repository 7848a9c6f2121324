// Another program, run to its end with its output in a file.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace amalgam {

struct ProcessResult {
  int status;             // exit status, or 128 + signal
  std::string last_line;  // of what it printed: where Python puts the reason
};

// Throws kIo when the program cannot be started; kInterrupted, after ending it, when a stop was
// requested. `meanwhile` is called now and then while it runs.
ProcessResult run_process(const std::vector<std::string>& command, const std::filesystem::path& log,
                          const std::function<void()>& meanwhile = {});

// The command that runs a line of Python. It imports nothing from the folder that the user is in,
// which may be what came back.
std::vector<std::string> python_code(const std::string& python, const std::string& code);

}  // namespace amalgam
