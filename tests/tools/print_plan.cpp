// Prints the plan of a key as JSON: the secret itself, for tests that check the laws from outside.
#include <iostream>

#include "amalgam/error.h"
#include "base/json.h"
#include "key/plan_of_key.h"

namespace {

amalgam::Json filled_columns(const amalgam::Stream& stream) {
  amalgam::Json list = amalgam::Json::array();
  for (const amalgam::Filling& filling : stream.fills) list.push_back(filling.columns);
  return list;
}

amalgam::Json links_of(const amalgam::Plan& plan) {
  amalgam::Json list = amalgam::Json::array();
  for (const amalgam::Link& link : plan.links) list.push_back({link.from, link.to});
  return list;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace amalgam;
  const Key key = read_key(argc > 1 ? argv[1] : "", std::nullopt);
  const Plan plan = plan_of_key(key);
  Json wanted = Json::object(), streams = Json::array();
  for (const KeyWanted& task : key.wanted)
    wanted[task.name] = {{"task", task.task}, {"subnetwork", task.subnetwork}};
  for (const Stream& stream : plan.streams)
    streams.push_back({{"task", stream.task},
                       {"positions", stream.features},
                       {"targets", stream.targets},
                       {"fills", filled_columns(stream)},
                       {"numbers", stream.numbers},
                       {"rows", stream.rows},
                       {"held_out", stream.held_out},
                       {"held_out_from_training", stream.held_out_from_training}});
  Json columns = Json::object();
  for (const auto& [dtype, count] : plan.feature_columns)
    columns["x." + std::string(dtype_name(dtype))] = count;
  for (const auto& [dtype, count] : plan.target_columns)
    columns["y." + std::string(dtype_name(dtype))] = count;
  std::cout << Json{{"rows", plan.rows},
                    {"wanted", wanted},
                    {"columns", columns},
                    {"streams", streams},
                    {"links", links_of(plan)}}
                   .dump()
            << "\n";
  return 0;
} catch (const amalgam::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
