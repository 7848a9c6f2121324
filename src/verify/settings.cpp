#include "verify/settings.h"

#include <fmt/format.h>

#include "formats/recipe_json.h"

namespace amalgam {
namespace {

void compare(const std::string& name, const Json& here, const Json& there,
             std::vector<std::string>& found) {
  if (here.is_object() && there.is_object()) {
    for (const auto& [key, value] : here.items())
      compare(key, value, there.contains(key) ? there[key] : Json(), found);
    for (const auto& [key, value] : there.items())
      if (!here.contains(key)) compare(key, Json(), value, found);
  } else if (here != there) {
    const auto text = [](const Json& value) {
      return value.is_null() ? std::string("not given") : value.dump();
    };
    found.push_back(fmt::format("{} is {}, and in the job {}", name, text(here), text(there)));
  }
}

Json job_json(const JobSettings& job) {
  return {{"epochs", job.epochs},
          {"batch_size", job.batch_size},
          {"precision", job.precision},
          {"seed", job.seed}};
}

}  // namespace

std::vector<std::string> other_settings(const JobSettings& job, const TrainSettings& train,
                                        const Manifest& manifest, std::size_t subnetwork) {
  std::vector<std::string> found;
  compare("[train]", job_json(job), job_json(manifest.training), found);
  const Json settings = train_settings_json(train);
  const Json& there = manifest.subnetworks.at(subnetwork).recipe;
  for (const auto& [key, value] : settings.items())
    compare(key, value, there.contains(key) ? there.at(key) : Json(), found);
  return found;
}

}  // namespace amalgam
