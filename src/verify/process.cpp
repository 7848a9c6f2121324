#include "verify/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "amalgam/error.h"
#include "base/interrupt.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): macOS declares none

namespace amalgam {
namespace {

std::string last_line(const std::filesystem::path& log) {
  std::ifstream file(log);
  std::string line, last;
  while (std::getline(file, line))
    if (!line.empty()) last = line;
  return last;
}

constexpr int kPause = 20'000;          // microseconds
constexpr int kPausesBeforeKill = 500;  // 10 s to put away what they have in hand

// Ends the child and all that it started. They are a group of their own, so that none is missed,
// however busy the machine is.
void end_group(pid_t child) {
  int status = 0;
  ::kill(-child, SIGTERM);
  for (int i = 0; i < kPausesBeforeKill && ::waitpid(child, &status, WNOHANG) == 0; ++i)
    ::usleep(kPause);
  // Those that outlive their leader have nobody to hand anything to.
  for (int i = 0; i < kPausesBeforeKill && ::kill(-child, i < 50 ? 0 : SIGKILL) == 0; ++i) {
    ::waitpid(child, &status, WNOHANG);
    ::usleep(kPause);
  }
}

int wait_for(pid_t child, const std::function<void()>& meanwhile) {
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    ::usleep(kPause);
    try {
      check_interrupted();
      if (meanwhile) meanwhile();
    } catch (...) {
      end_group(child);
      throw;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command, const std::filesystem::path& log,
                          const std::function<void()>& meanwhile) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    throw Error(ErrorCode::kIo, command[0],
                std::string("cannot be started: ") + std::strerror(error));
  const int status = wait_for(child, meanwhile);
  return {status, last_line(log)};
}

std::vector<std::string> python_code(const std::string& python, const std::string& code) {
  return {python, "-c", "import sys; sys.path[:] = filter(None, sys.path); " + code};
}

}  // namespace amalgam
