#include <fmt/format.h>
#include <signal.h>

#include <csignal>
#include <filesystem>

#include "amalgam/error.h"
#include "amalgam/version.h"
#include "base/interrupt.h"
#include "base/leftovers.h"
#include "base/mapped_region.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "cli/usage.h"

namespace amalgam::cli {
namespace {

constexpr std::size_t kMostLines = 20;

int report(const Error& error) {
  const auto& findings = error.findings();
  const bool all = findings.size() <= kMostLines;
  for (std::size_t i = 0; i < (all ? findings.size() : kMostLines - 1); ++i)
    complain(findings[i].where.empty() ? findings[i].what
                                       : findings[i].where + ": " + findings[i].what);
  if (!all) complain(fmt::format("and {} more", findings.size() - kMostLines + 1));
  for (const Finding& finding : findings)
    if (finding.code != ErrorCode::kUsage) return kFailed;
  return kWrongUsage;
}

volatile std::sig_atomic_t caught = 0;

void on_signal(int signal) {
  caught = signal;
  request_interrupt();
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // What the caller ignores (nohup) stays ignored.
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(signal, &action, nullptr);
  }
  // Then writing fails, and says so.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

// The caller, a shell or make, learns that a signal ended us: a status of 130 and its kin.
void end_by_signal() {
  ::signal(caught, SIG_DFL);
  ::raise(caught);
}

void note_leftovers() {
  for (const auto& path : take_removed_leftovers())
    complain(path.string() + ": removed; a run that was killed had left it");
}

// An option of nothing, as "$UNSET" makes one, would be no option at all: no passphrase, for one.
void refuse_empty_values(CLI::App& app) {
  const auto check = [](const std::string& value) {
    return std::string(value.empty() ? "is given an empty value; is a variable unset?" : "");
  };
  for (CLI::App* command : app.get_subcommands({}))
    for (CLI::Option* option : command->get_options())
      if (option->get_items_expected_max() > 0) option->check(check);
}

int run(int argc, char** argv) {
  CLI::App app{
      "Hides models and datasets among others, so that they can be trained on somebody else's "
      "computers."};
  app.name("amalgam");
  app.set_version_flag("--version", std::string("amalgam ") + kVersion);
  app.require_subcommand(1);
  Action action;
  add_obfuscate(app, action);
  add_extract(app, action);
  add_verify(app, action);
  add_curves(app, action);
  add_inspect(app, action);
  add_audit(app, action);
  refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return report(Error(ErrorCode::kUsage, "", about_wrong_usage(app, arguments, error)));
  }
  const int status = action();
  check_mapped_files();
  return status;
}

int guarded(const std::function<int()>& call) {
  try {
    return call();
  } catch (const Error& error) {
    try {
      check_mapped_files();  // what was found in a file that was cut says nothing
    } catch (const Error& cut) {
      return report(cut);
    }
    return report(error);
  } catch (const std::bad_alloc&) {
    complain("there is not enough memory");
  } catch (const std::filesystem::filesystem_error& error) {
    complain(error.path1().string() + ": " + error.code().message());
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return kFailed;
}

}  // namespace
}  // namespace amalgam::cli

int main(int argc, char** argv) {
  using namespace amalgam::cli;
  open_standard_descriptors();
  silence_libraries();
  catch_signals();
  amalgam::guard_mapped_files();
  int status = guarded([&] { return run(argc, argv); });
  note_leftovers();
  if (status == kFailed && caught != 0) end_by_signal();
  const int printed = guarded([] {
    finish_printing();
    return kDone;
  });
  return printed == kDone || status == kFailed ? status : printed;
}
