// Prints which of a model's tensors are drawn anew, and how; for the tests in Python.
#include <fmt/format.h>

#include <iostream>

#include "amalgam/model.h"
#include "base/json.h"
#include "variants/starts.h"

namespace {

using amalgam::Form;
using amalgam::Json;

Json json_of(const amalgam::FormRows& run) {
  static constexpr const char* kNames[] = {"constant", "uniform", "normal", "truncated",
                                           "orthogonal"};
  const Form& form = run.form;
  Json json = {{"rows", run.rows}, {"form", kNames[static_cast<int>(form.kind)]}};
  if (form.kind == Form::Kind::kUniform) {
    json["from"] = form.from, json["range"] = form.range;
  } else {
    json["scale"] = form.scale;
  }
  if (form.kind == Form::Kind::kTruncated) json["bound"] = form.bound;
  return json;
}

Json json_of(const amalgam::Start& start, const amalgam::Model& model) {
  if (start.norms_of) return {{"norms_of", model.tensors[*start.norms_of].own_name}};
  if (start.same_as) return {{"same_as", model.tensors[*start.same_as].own_name}};
  Json rows = Json::array();
  for (const amalgam::FormRows& run : start.rows) rows.push_back(json_of(run));
  return start.drawn() ? rows : Json();
}

}  // namespace

int main(int, char** argv) try {
  const amalgam::Model model = amalgam::read_model({argv[1]});
  const std::vector<amalgam::Start> starts = amalgam::find_starts(model);
  Json json = Json::object();
  for (std::size_t i = 0; i < starts.size(); ++i)
    json[model.tensors[i].own_name] = json_of(starts[i], model);
  std::cout << json.dump(1) << "\n";
  return 0;
} catch (const amalgam::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
