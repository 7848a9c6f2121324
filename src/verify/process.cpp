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

extern char** environ;

namespace amalgam {
namespace {

std::string last_line(const std::filesystem::path& log) {
  std::ifstream file(log);
  std::string line, last;
  while (std::getline(file, line))
    if (!line.empty()) last = line;
  return last;
}

int wait_for(pid_t child, const std::function<void()>& meanwhile) {
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    ::usleep(20'000);
    try {
      check_interrupted();
      if (meanwhile) meanwhile();
    } catch (...) {
      ::kill(child, SIGTERM);
      ::waitpid(child, &status, 0);
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
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw Error(ErrorCode::kIo, command[0],
                std::string("cannot be started: ") + std::strerror(error));
  const int status = wait_for(child, meanwhile);
  return {status, last_line(log)};
}

}  // namespace amalgam
