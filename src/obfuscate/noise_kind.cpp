#include "obfuscate/noise_kind.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "obfuscate/noise_table.h"
#include "task/check.h"

namespace amalgam {
namespace {

constexpr std::array<std::string_view, 4> kOfFiles = {"patches", "copula", "unigram", "ngram"};

// "copula:DATA" as the generator's name and the path, which is empty without a colon.
std::pair<std::string, std::string> split_noise(const std::string& noise) {
  const std::size_t colon = noise.find(':');
  if (colon == std::string::npos) return {noise, ""};
  return {noise.substr(0, colon), noise.substr(colon + 1)};
}

std::shared_ptr<const Photographs> photographs_like(const Task& task, const std::string& path,
                                                    DatasetOptions& reading) {
  const Shape& shape = task.network.sample_shapes().front();
  reading.channels = shape.size() == 3 && shape[0] == 3 ? 3 : 1;
  return std::make_shared<const Photographs>(read_photographs(path, reading));
}

// In the task's tokens.
std::shared_ptr<const Dataset> text_like(const Task& task, const TextSettings& settings,
                                         const std::string& path, DatasetOptions& reading) {
  reading.text.settings = settings;
  reading.text.labels = TextReading::Labels::kNone;
  reading.like = task.data.get();
  auto text = std::make_shared<Dataset>(open_dataset(path, reading));
  text->fields.resize(1);
  Findings findings;
  if (!task.tokens.empty()) check_noise_text(*text, task, findings);
  findings.raise();
  return text;
}

}  // namespace

void check_noise(const std::string& noise) {
  const auto [name, path] = split_noise(noise);
  check_generator_name(name);
  if (name.size() == noise.size()) return;
  if (std::ranges::find(kOfFiles, name) == kOfFiles.end())
    throw Error(ErrorCode::kUsage, "--noise", "'" + name + "' takes nothing behind a colon");
  if (path.empty())
    throw Error(ErrorCode::kUsage, "--noise",
                "'" + noise + "' ends with the colon; expected a path behind it");
  check_dataset_path(path);
}

NoiseKind read_noise_kind(const ObfuscateOptions& options, const Given& given,
                          const Amounts& amounts) {
  const Task& task = given.wanted[0];
  const bool needed = amounts.all_generated() + given.on_models.size() > 0;
  DatasetOptions reading = reading_of(options);
  NoiseKind noise;
  std::string path;
  std::tie(noise.name, path) = split_noise(options.noise);
  if (path.empty() || !needed) return noise;
  if (noise.name == "patches")
    noise.photographs = photographs_like(task, path, reading);
  else if (noise.name == "unigram" || noise.name == "ngram")
    noise.text = text_like(task, options.recipe.tasks[0].text, path, reading);
  else
    noise.table = read_noise_table(options, given, path, reading);
  return noise;
}

}  // namespace amalgam
