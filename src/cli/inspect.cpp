#include "amalgam/inspect.h"

#include <fmt/format.h>

#include "base/file.h"
#include "cli/bar.h"
#include "cli/cli.h"
#include "cli/json_file.h"
#include "cli/print.h"

namespace amalgam::cli {
namespace {

constexpr const char* kExamples = R"(
Examples:
  amalgam inspect model.pt2
  amalgam inspect job --json -)";

int run(const std::string& path, const std::string& json) {
  // A folder that is read is not ours to write to.
  if (json != "-" && !json.empty() && std::filesystem::is_directory(path) &&
      lies_inside(json, path))
    throw Error(ErrorCode::kUsage, "--json", "lies inside " + path + ", which is read");
  JsonOutput output(json);
  Bar bar;
  DatasetOptions reading;
  reading.images = image_library();
  reading.progress = &bar;
  const Inspection inspection = inspect(path, reading);
  bar.end();
  output.write(inspection.json);
  if (output.takes_standard_output()) return kDone;
  for (const std::string& line : inspection.lines) print_text(line);
  return kDone;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("inspect",
                                         "Say what is in a .pt2, a safetensors file, a dataset, a "
                                         "job; of a key only its public header.");
  command->footer(kExamples);
  auto path = std::make_shared<std::string>(), json = std::make_shared<std::string>();
  command->add_option("path", *path, "a file, or a job's folder")->required();
  command->add_option("--json", *json, "write the same as JSON to this file (-: standard output)");
  command->callback([path, json, &action] { action = [path, json] { return run(*path, *json); }; });
}

}  // namespace amalgam::cli
