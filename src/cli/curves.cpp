#include "amalgam/curves.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/sparkline.h"
#include "curves/scale.h"
#include "curves/summary.h"

namespace amalgam::cli {
namespace {

struct Options {
  CurvesOptions call;
  std::string page, passphrase_file;
};

constexpr const char* kExamples = R"(
Examples:
  amalgam curves --key home.key --result result
  amalgam curves --key home.key --result result/metrics.jsonl --out curves.html

A line's chart goes from the lowest value (a low block, or 1) to the highest (a full block, or 8) of training and held
out together; the learning rate's in powers of ten where it varies much; x is a value that was not finite. The page
tells which tasks are wanted, as the key does: keep both at home.)";

// With what stands before it, 80 columns.
constexpr std::size_t kChartWidth = 18;

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "nan";
}

std::string chart(const Curve& curve, const Scale& scale) {
  std::vector<double> heights;
  for (const double value : curve.values)
    heights.push_back(std::isfinite(value) ? scale.place(value) : NAN);
  return sparkline(heights, kChartWidth, writes_utf8());
}

void print_curve(const std::string& name, const Curve& curve, std::optional<bool> higher,
                 const std::optional<Scale>& scale) {
  if (curve.values.empty()) return;
  const CurveSummary summary = summary_of(curve, higher);
  const bool best = std::isfinite(summary.best);
  print_line("  {:<19}{:>11}{:>11}{:>6}{:>11}  {}", name, number(summary.first),
             best ? number(summary.best) : "", best ? fmt::format("{}", summary.best_epoch) : "",
             number(summary.last),
             scale ? chart(curve, *scale) : sparkline(curve.values, kChartWidth, false));
}

void print_quantity(const Quantity& quantity) {
  const Curve& training = quantity.training();
  std::optional<Scale> scale;
  if (const auto range = range_of({&training, &quantity.held_out}))
    scale = quantity.rate ? Scale::of_rates(*range) : Scale::linear(*range);
  print_curve(quantity.rate ? quantity.name : quantity.name + " training", training,
              quantity.higher, scale);
  print_curve(quantity.name + " held out", quantity.held_out, quantity.higher, scale);
}

void print_task(const TaskCurves& task, std::uint64_t epochs) {
  print_line("{}: {}", task.name, extent_of(task, epochs));
  const std::vector<Quantity> quantities = quantities_of(task);
  if (quantities.empty()) return;
  print_line("  {:<19}{:>11}{:>11}{:>6}{:>11}", "", "first", "best", "epoch", "last");
  for (const Quantity& quantity : quantities) print_quantity(quantity);
}

int run(Options& options) {
  options.call.passphrase = passphrase(options.passphrase_file);
  if (!options.page.empty()) options.call.page = options.page;
  const CurvesResult result = curves(options.call);
  warn_of_key(options.call.key, options.passphrase_file);
  print_notes(result.notes);
  for (const TaskCurves& task : result.tasks) print_task(task, result.epochs);
  return kDone;
}

}  // namespace

void add_curves(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "curves", "Show what was learnt, of the wanted tasks alone: loss, metric, learning rate.");
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  command->add_option("--key", options->call.key, "the key file")->required();
  command->add_option("--result", options->call.result, "train.py's folder, or its metrics.jsonl")
      ->required();
  command->add_option("--out", options->page, "write a page with charts that opens offline here");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "the passphrase is this file's first line");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace amalgam::cli
