// Prints the plan of a key as JSON: the secret itself, for tests that check the laws from outside.
#include <iostream>

#include "amalgam/error.h"
#include "base/json.h"
#include "key/plan_of_key.h"

namespace {

using Fields = std::span<const amalgam::StreamField>;

amalgam::Json positions_of(Fields features) {
  amalgam::Json list = amalgam::Json::array();
  for (const amalgam::StreamField& field : features) list.push_back(field.positions);
  return list;
}

amalgam::Json filled_columns(Fields features) {
  amalgam::Json list = amalgam::Json::array();
  for (const amalgam::StreamField& field : features) list.push_back(field.filling.columns);
  return list;
}

// Of the only target; empty where there is none.
amalgam::Positions target_columns(const amalgam::Stream& stream, Fields features) {
  return features.size() < stream.fields.size() ? stream.fields[features.size()].positions
                                                : amalgam::Positions{};
}

amalgam::Json links_of(const amalgam::Plan& plan) {
  amalgam::Json list = amalgam::Json::array();
  for (const amalgam::Link& link : plan.links) list.push_back({link.from, link.to});
  return list;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace amalgam;
  const Key key = open_key(argc > 1 ? argv[1] : "", std::nullopt);
  const Plan plan = plan_of_key(key);
  Json wanted = Json::object(), streams = Json::array();
  for (const KeyWanted& task : key.wanted)
    wanted[task.name] = {{"task", task.task}, {"subnetwork", task.subnetwork}};
  for (const Stream& stream : plan.streams) {
    const Fields features = features_of(key, stream);
    streams.push_back({{"task", stream.task},
                       {"positions", positions_of(features)},
                       {"targets", target_columns(stream, features)},
                       {"fills", filled_columns(features)},
                       {"numbers", stream.numbers},
                       {"rows", stream.rows},
                       {"held_out", stream.held_out},
                       {"held_out_from_training", stream.held_out_from_training}});
  }
  Json columns = Json::object();
  for (const auto& [group, count] : plan.columns) columns[group.name()] = count;
  std::cout << Json{{"rows", plan.size.rows},
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
