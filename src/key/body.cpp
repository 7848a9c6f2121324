#include "key/body.h"

#include <fmt/format.h>

#include "amalgam/version.h"
#include "base/json.h"
#include "key/key_format.h"

namespace amalgam {
namespace {

using key_format::kBody;
using key_format::kMostValues;

constexpr std::pair<TensorKind, const char*> kKinds[] = {
    {TensorKind::kParameter, "parameter"}, {TensorKind::kFrozen, "frozen"},
    {TensorKind::kBuffer, "buffer"},       {TensorKind::kConstant, "constant"},
    {TensorKind::kVariance, "variance"},   {TensorKind::kCounter, "counter"},
    {TensorKind::kPositions, "positions"}};

Json kind_json(TensorKind kind) {
  for (const auto& [known, name] : kKinds)
    if (known == kind) return name;
  return {};
}

TensorKind read_kind(const Json& object, const std::string& where) {
  const std::string text = json_string(object, "kind", where);
  for (const auto& [kind, name] : kKinds)
    if (text == name) return kind;
  throw Error(ErrorCode::kDamaged, where, "is of an unknown kind");
}

std::uint64_t read_number(const Json& object, const char* name, const std::string& where) {
  return json_unsigned(json_member(object, name, where), where + "/" + name);
}

DType read_dtype(const Json& object, const std::string& where) {
  const auto dtype = dtype_from_name(json_string(object, "dtype", where));
  if (!dtype) throw Error(ErrorCode::kDamaged, where, "names an unknown dtype");
  return *dtype;
}

std::string entry(const std::string& where, const char* list, std::size_t index) {
  return where + "/" + list + "/" + std::to_string(index);
}

// read(element, where) of each element of the list `name`.
template <typename Read>
auto read_list(const Json& object, const char* name, const std::string& where, const Read& read) {
  std::vector<decltype(read(object, where))> out;
  for (const Json& element : json_array(object, name, where))
    out.push_back(read(element, entry(where, name, out.size())));
  return out;
}

Json columns_json(const ColumnShape& columns) {
  return {{"group", columns.group().name()},
          {"width", columns.width},
          {"borrowed", columns.borrowed},
          {"scattered", columns.scattered},
          {"vocabulary", columns.vocabulary}};
}

ColumnShape read_columns(const Json& value, const std::string& where) {
  json_only(value, {"group", "width", "borrowed", "scattered", "vocabulary"}, where);
  const auto group = column_group(json_string(value, "group", where));
  if (!group) throw Error(ErrorCode::kDamaged, where, "names an unknown group of columns");
  return {group->role,
          group->dtype,
          read_number(value, "width", where),
          read_number(value, "borrowed", where),
          json_bool(value, "scattered", where),
          read_number(value, "vocabulary", where)};
}

Json tensor_json(const KeyTensor& tensor) {
  Json json = {{"name", tensor.name},     {"dtype", dtype_name(tensor.dtype)},
               {"shape", tensor.shape},   {"kind", kind_json(tensor.kind)},
               {"digest", tensor.digest}, {"not_finite", tensor.not_finite},
               {"start", tensor.start},   {"per_batch", tensor.per_batch}};
  return json;
}

std::pair<std::uint64_t, std::uint64_t> read_run(const Json& value, const std::string& where) {
  if (!value.is_array() || value.size() != 2)
    throw Error(ErrorCode::kDamaged, where, "must be two numbers");
  return {json_unsigned(value[0], where), json_unsigned(value[1], where)};
}

KeyTensor read_tensor(const Json& value, const std::string& where) {
  json_only(value, {"name", "dtype", "shape", "kind", "digest", "not_finite", "start", "per_batch"},
            where);
  KeyTensor tensor;
  tensor.name = json_string(value, "name", where);
  tensor.dtype = read_dtype(value, where);
  tensor.shape = read_list(value, "shape", where, json_unsigned);
  tensor.kind = read_kind(value, where);
  tensor.digest = json_string(value, "digest", where);
  tensor.not_finite = read_list(value, "not_finite", where, read_run);
  tensor.start = read_number(value, "start", where);
  tensor.per_batch = read_number(value, "per_batch", where);
  return tensor;
}

Json mapping_json(const KeyMapping& mapping) {
  return {
      {"names", mapping.user_names}, {"job", mapping.job_name}, {"renumbered", mapping.renumbered}};
}

KeyMapping read_mapping(const Json& value, const std::string& where) {
  json_only(value, {"names", "job", "renumbered"}, where);
  KeyMapping mapping;
  mapping.user_names =
      read_list(value, "names", where, [](const Json& name, const std::string& place) {
        if (!name.is_string()) throw Error(ErrorCode::kDamaged, place, "expected a string");
        return name.get<std::string>();
      });
  mapping.job_name = json_string(value, "job", where);
  mapping.renumbered = json_bool(value, "renumbered", where);
  return mapping;
}

Json task_json(const KeyTask& task) {
  const TaskShape& shape = task.shape;
  Json fields = Json::array();
  for (const ColumnShape& columns : shape.fields) fields.push_back(columns_json(columns));
  return {{"fingerprint", shape.fingerprint},
          {"rest", shape.rest},
          {"content", task.content},
          {"fields", fields},
          {"rows", shape.rows},
          {"held_out_rows", shape.held_out_rows},
          {"may_send", shape.may_send},
          {"may_receive", shape.may_receive},
          {"origin", task.origin}};
}

KeyTask read_task(const Json& value, const std::string& where) {
  json_only(value,
            {"fingerprint", "rest", "content", "fields", "rows", "held_out_rows", "may_send",
             "may_receive", "origin"},
            where);
  KeyTask task;
  TaskShape& shape = task.shape;
  shape.fingerprint = json_string(value, "fingerprint", where);
  shape.rest = json_string(value, "rest", where);
  task.content = json_string(value, "content", where);
  shape.fields = read_list(value, "fields", where, read_columns);
  shape.rows = read_number(value, "rows", where);
  shape.held_out_rows = read_number(value, "held_out_rows", where);
  shape.may_send = json_bool(value, "may_send", where);
  shape.may_receive = json_bool(value, "may_receive", where);
  task.origin = json_string(value, "origin", where);
  return task;
}

Json wanted_json(const KeyWanted& task) {
  Json tensors = Json::array();
  for (const KeyMapping& mapping : task.tensors) tensors.push_back(mapping_json(mapping));
  return {{"name", task.name},
          {"task", task.task},
          {"subnetwork", task.subnetwork},
          {"tensors", tensors}};
}

KeyWanted read_wanted(const Json& value, const std::string& where) {
  json_only(value, {"name", "task", "subnetwork", "tensors"}, where);
  KeyWanted wanted;
  wanted.name = json_string(value, "name", where);
  wanted.task = read_number(value, "task", where);
  wanted.subnetwork = read_number(value, "subnetwork", where);
  wanted.tensors = read_list(value, "tensors", where, read_mapping);
  return wanted;
}

// Before anything else: what another build wrote is not damaged.
void check_build(const Json& body, const std::string& where) {
  if (!body.is_object()) throw Error(ErrorCode::kDamaged, where, "its body is not a JSON object");
  const auto build = body.find("build"), layout = body.find("body");
  if (layout != body.end() && *layout == kBody) return;
  const bool named = build != body.end() && build->is_string() &&
                     key_format::is_version(build->get_ref<const std::string&>());
  throw Error(ErrorCode::kUnsupported, where,
              "its body was written by another build of Amalgam (" +
                  (named ? "version " + build->get<std::string>() : std::string("an older one")) +
                  ", this is " + kVersion + "); use that build");
}

}  // namespace

std::string key_to_text(const Key& key) {
  Json trained = Json::array(), tasks = Json::array(), wanted = Json::array();
  for (const KeyTensor& tensor : key.trained) trained.push_back(tensor_json(tensor));
  for (const KeyTask& task : key.tasks) tasks.push_back(task_json(task));
  for (const KeyWanted& task : key.wanted) wanted.push_back(wanted_json(task));
  return Json{{"body", kBody},
              {"build", kVersion},
              {"plan", key.plan},
              {"rows", key.size.rows},
              {"held_out_rows", key.size.held_out_rows},
              {"links", key.size.links},
              {"skip_damaged", key.skip_damaged},
              {"epochs", key.epochs},
              {"batch_size", key.batch_size},
              {"job", key.job_digest},
              {"trained", trained},
              {"tasks", tasks},
              {"wanted", wanted}}
      .dump();
}

Key key_from_text(std::string_view text, const std::string& where) {
  const Json body = parse_json(as_bytes(text), where, kMostValues);
  check_build(body, where);
  json_only(body,
            {"body", "build", "plan", "rows", "held_out_rows", "links", "skip_damaged", "epochs",
             "batch_size", "job", "trained", "tasks", "wanted"},
            where);
  Key key;
  key.plan = read_number(body, "plan", where);
  if (key.plan != kPlanVersion)
    throw Error(ErrorCode::kUnsupported, where,
                fmt::format("has a plan of version {}; this program draws version {}", key.plan,
                            kPlanVersion));
  key.size.rows = read_number(body, "rows", where);
  key.size.held_out_rows = read_number(body, "held_out_rows", where);
  key.size.links = read_number(body, "links", where);
  key.skip_damaged = json_bool(body, "skip_damaged", where);
  key.epochs = read_number(body, "epochs", where);
  key.batch_size = read_number(body, "batch_size", where);
  key.job_digest = json_string(body, "job", where);
  key.trained = read_list(body, "trained", where, read_tensor);
  key.tasks = read_list(body, "tasks", where, read_task);
  key.wanted = read_list(body, "wanted", where, read_wanted);
  return key;
}

}  // namespace amalgam
