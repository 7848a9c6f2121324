#include "key/body.h"

#include "base/json.h"

namespace amalgam {
namespace {

Json columns_json(const KeyColumns& columns) {
  return {dtype_name(columns.dtype), columns.width, columns.borrowed, columns.scattered,
          columns.vocabulary};
}

DType read_dtype(const Json& value, const std::string& where) {
  const auto dtype = value.is_string() ? dtype_from_name(value.get<std::string>()) : std::nullopt;
  if (!dtype) throw Error(ErrorCode::kDamaged, where, "names an unknown dtype");
  return *dtype;
}

std::uint64_t read_number(const Json& object, const char* name, const std::string& where) {
  return json_unsigned(json_member(object, name, where), where + "/" + name);
}

KeyColumns read_columns(const Json& value, const std::string& where) {
  if (!value.is_array() || value.size() != 5)
    throw Error(ErrorCode::kDamaged, where, "has a bad list of columns");
  return {read_dtype(value[0], where), json_unsigned(value[1], where),
          json_unsigned(value[2], where), value[3].get<bool>(), json_unsigned(value[4], where)};
}

Json mapping_json(const KeyMapping& mapping) {
  return {{"names", mapping.user_names},
          {"job", mapping.job_name},
          {"not_finite", mapping.not_finite},
          {"renumbered", mapping.renumbered}};
}

KeyMapping read_mapping(const Json& value, const std::string& where) {
  KeyMapping mapping;
  for (const Json& name : json_array(value, "names", where))
    mapping.user_names.push_back(name.get<std::string>());
  mapping.job_name = json_string(value, "job", where);
  for (const Json& run : json_array(value, "not_finite", where))
    mapping.not_finite.push_back(run.get<std::pair<std::uint64_t, std::uint64_t>>());
  mapping.renumbered = json_member(value, "renumbered", where).get<bool>();
  return mapping;
}

KeyTask read_task(const Json& value, const std::string& where) {
  KeyTask task;
  task.fingerprint = json_string(value, "fingerprint", where);
  task.content = json_string(value, "content", where);
  for (const Json& column : json_array(value, "features", where))
    task.features.push_back(read_columns(column, where));
  if (const Json& targets = json_member(value, "targets", where); !targets.is_null())
    task.targets = read_columns(targets, where);
  task.rows = read_number(value, "rows", where);
  task.held_out_rows = read_number(value, "held_out_rows", where);
  task.may_send = json_member(value, "may_send", where).get<bool>();
  task.may_receive = json_member(value, "may_receive", where).get<bool>();
  task.origin = json_string(value, "origin", where);
  return task;
}

KeyWanted read_wanted(const Json& value, const std::string& where) {
  KeyWanted wanted;
  wanted.name = json_string(value, "name", where);
  wanted.task = read_number(value, "task", where);
  wanted.subnetwork = read_number(value, "subnetwork", where);
  for (const Json& mapping : json_array(value, "tensors", where))
    wanted.tensors.push_back(read_mapping(mapping, where));
  return wanted;
}

}  // namespace

std::string key_to_text(const Key& key) {
  Json trained = Json::array(), tasks = Json::array(), wanted = Json::array();
  for (const KeyTensor& tensor : key.trained)
    trained.push_back({tensor.name, dtype_name(tensor.dtype), tensor.shape});
  for (const KeyTask& task : key.tasks) {
    Json features = Json::array();
    for (const auto& column : task.features) features.push_back(columns_json(column));
    tasks.push_back({{"fingerprint", task.fingerprint},
                     {"content", task.content},
                     {"features", features},
                     {"targets", task.targets ? columns_json(*task.targets) : Json()},
                     {"rows", task.rows},
                     {"held_out_rows", task.held_out_rows},
                     {"may_send", task.may_send},
                     {"may_receive", task.may_receive},
                     {"origin", task.origin}});
  }
  for (const KeyWanted& task : key.wanted) {
    Json tensors = Json::array();
    for (const KeyMapping& mapping : task.tensors) tensors.push_back(mapping_json(mapping));
    wanted.push_back({{"name", task.name},
                      {"task", task.task},
                      {"subnetwork", task.subnetwork},
                      {"tensors", tensors}});
  }
  return Json{{"rows", key.rows},      {"held_out_rows", key.held_out_rows},
              {"links", key.links},    {"skip_damaged", key.skip_damaged},
              {"job", key.job_digest}, {"trained", trained},
              {"tasks", tasks},        {"wanted", wanted}}
      .dump();
}

Key key_from_text(std::string_view text, const std::string& where) {
  const Json body = parse_json(as_bytes(text), where);
  Key key;
  key.rows = read_number(body, "rows", where);
  key.held_out_rows = read_number(body, "held_out_rows", where);
  key.links = read_number(body, "links", where);
  key.skip_damaged = json_member(body, "skip_damaged", where).get<bool>();
  key.job_digest = json_string(body, "job", where);
  for (const Json& tensor : json_array(body, "trained", where))
    key.trained.push_back({tensor.at(0).get<std::string>(), read_dtype(tensor.at(1), where),
                           tensor.at(2).get<Shape>()});
  for (const Json& task : json_array(body, "tasks", where))
    key.tasks.push_back(read_task(task, where));
  for (const Json& task : json_array(body, "wanted", where))
    key.wanted.push_back(read_wanted(task, where));
  return key;
}

}  // namespace amalgam
