#include "obfuscate/noise_kind.h"

#include "obfuscate/noise_table.h"
#include "task/check.h"

namespace amalgam {
namespace {

std::shared_ptr<const Photographs> photographs_like(const Task& task, const std::string& path,
                                                    DatasetOptions& reading) {
  const Shape& shape = task.network.sample_shapes.front();
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

NoiseKind read_noise_kind(const ObfuscateOptions& options, const Given& given,
                          const Amounts& amounts) {
  const Task& task = given.wanted[0];
  const bool needed = amounts.all_generated() + given.on_models.size() > 0;
  DatasetOptions reading = reading_of(options);
  NoiseKind noise;
  const std::size_t colon = options.noise.find(':');
  noise.name = options.noise.substr(0, colon);
  check_generator_name(noise.name);
  if (colon == std::string::npos || !needed) return noise;
  const std::string path = options.noise.substr(colon + 1);
  if (path.empty())
    throw Error(ErrorCode::kUsage, "--noise",
                "'" + options.noise + "' ends with the colon; expected a path behind it");
  if (noise.name == "patches")
    noise.photographs = photographs_like(task, path, reading);
  else if (noise.name == "unigram" || noise.name == "ngram")
    noise.text = text_like(task, options.recipe.tasks[0].text, path, reading);
  else if (noise.name == "copula")
    noise.table = read_noise_table(options, given, path, reading);
  else
    throw Error(ErrorCode::kUsage, "--noise", "'" + noise.name + "' takes nothing behind a colon");
  return noise;
}

}  // namespace amalgam
