#include "verify/settings.h"

#include <fmt/format.h>

#include "formats/recipe_json.h"

namespace amalgam {
namespace {

const std::string kWhere = "job.json";

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

}  // namespace

std::vector<std::string> other_settings(const JobSettings& job, const TrainSettings& train,
                                        const Json& manifest, std::size_t subnetwork) {
  std::vector<std::string> found;
  compare("[train]",
          {{"epochs", job.epochs},
           {"batch_size", job.batch_size},
           {"precision", job.precision},
           {"seed", job.seed}},
          json_member(manifest, "training", kWhere), found);
  const Json& all = json_array(manifest, "subnetworks", kWhere);
  const Json settings = train_settings_json(train);
  for (const auto& [key, value] : settings.items())
    compare(key, value, json_member(all.at(subnetwork), key.c_str(), kWhere), found);
  return found;
}

}  // namespace amalgam
