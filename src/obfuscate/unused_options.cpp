#include "obfuscate/unused_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "obfuscate/disguise.h"

namespace amalgam {
namespace {

bool is_generated(const Task& task) { return !task.has_own_data; }

bool is_of_image_files(const Task& task) {
  const auto has_images = [](const std::shared_ptr<const Dataset>& data) {
    return data && !data->preparation.encodings.empty();
  };
  return has_images(task.data) || has_images(task.validation);
}

}  // namespace

std::vector<std::string> unused_options(const ObfuscateOptions& options, const Cast& cast) {
  std::vector<std::string> notes;
  const auto note = [&](const std::string& option, const char* why) {
    notes.push_back(fmt::format("{} has no effect: {}.", option, why));
  };
  const bool generates = std::ranges::any_of(cast.tasks, is_generated);
  if (!options.noise.empty() && !generates)
    note("--noise " + options.noise, "no decoy's data is generated");
  if (options.variants && !cast.variants)
    note(*options.variants == VariantKind::kSame ? "--variants same" : "--variants family",
         "no decoy has its form from a task's model");
  if (options.disguise == Disguise::kNone && !numbers_tokens_anew(cast.tasks))
    note("--disguise none", "there are no tokens that would be numbered anew");
  if (options.skip_damaged && std::ranges::none_of(cast.tasks, is_of_image_files) &&
      !(generates && options.noise.starts_with("patches:")))
    note("--skip-damaged", "no data is files of images");
  return notes;
}

}  // namespace amalgam
