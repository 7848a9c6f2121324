#include <fmt/format.h>
#include <signal.h>

#include <cstdio>

#include "amalgam/error.h"
#include "amalgam/version.h"
#include "base/interrupt.h"
#include "cli/cli.h"
#include "cli/usage.h"

namespace amalgam::cli {
namespace {

constexpr std::size_t kMostLines = 20;

// A finding on one line, whatever the names in it hold.
std::string one_line(const Finding& finding) {
  std::string text = finding.where.empty() ? finding.what : finding.where + ": " + finding.what;
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return text;
}

int report(const Error& error) {
  const auto& findings = error.findings();
  for (std::size_t i = 0; i < findings.size() && i < kMostLines; ++i)
    fmt::print(stderr, "amalgam: {}\n", one_line(findings[i]));
  for (const Finding& finding : findings)
    if (finding.code != ErrorCode::kUsage) return kFailed;
  return kWrongUsage;
}

void on_signal(int) { request_interrupt(); }

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
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
  add_inspect(app, action);
  add_audit(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return report(Error(ErrorCode::kUsage, "", about_wrong_usage(app, arguments, error)));
  }
  return action();
}

}  // namespace
}  // namespace amalgam::cli

int main(int argc, char** argv) {
  using namespace amalgam::cli;
  catch_signals();
  try {
    return run(argc, argv);
  } catch (const amalgam::Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "amalgam: there is not enough memory\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "amalgam: {}\n", error.what());
  }
  return kFailed;
}
