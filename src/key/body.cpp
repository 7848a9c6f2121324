#include "key/body.h"

#include <fmt/format.h>

#include "amalgam/version.h"
#include "base/json_reader.h"
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

TensorKind read_kind(const JsonReader& json) {
  const std::string text = json.text();
  for (const auto& [kind, name] : kKinds)
    if (text == name) return kind;
  json.refuse("is an unknown kind of tensor");
}

DType read_dtype(const JsonReader& json) {
  const auto dtype = dtype_from_name(json.text());
  if (!dtype) json.refuse("names an unknown dtype");
  return *dtype;
}

Json columns_json(const ColumnShape& columns) {
  return {{"group", columns.group().name()},  {"width", columns.width},
          {"borrowed", columns.borrowed},     {"scattered", columns.scattered},
          {"vocabulary", columns.vocabulary}, {"shared", columns.shared}};
}

ColumnShape read_columns(const JsonReader& json) {
  json.only({"group", "width", "borrowed", "scattered", "vocabulary", "shared"});
  const auto group = column_group(json["group"].text());
  if (!group) json["group"].refuse("names an unknown group of columns");
  return {group->role,
          group->dtype,
          json["width"].number(),
          json["borrowed"].number(),
          json["scattered"].flag(),
          json["vocabulary"].number(),
          json["shared"].number()};
}

Json tensor_json(const KeyTensor& tensor) {
  Json json = {{"name", tensor.name},     {"dtype", dtype_name(tensor.dtype)},
               {"shape", tensor.shape},   {"kind", kind_json(tensor.kind)},
               {"digest", tensor.digest}, {"not_finite", tensor.not_finite},
               {"start", tensor.start},   {"per_batch", tensor.per_batch}};
  return json;
}

std::pair<std::uint64_t, std::uint64_t> read_run(const JsonReader& json) {
  const auto numbers = json.numbers();
  if (numbers.size() != 2) json.refuse("must be two numbers");
  return {numbers[0], numbers[1]};
}

KeyTensor read_tensor(const JsonReader& json) {
  json.only({"name", "dtype", "shape", "kind", "digest", "not_finite", "start", "per_batch"});
  KeyTensor tensor;
  tensor.name = json["name"].text();
  tensor.dtype = read_dtype(json["dtype"]);
  tensor.shape = json["shape"].numbers();
  tensor.kind = read_kind(json["kind"]);
  tensor.digest = json["digest"].text();
  tensor.not_finite = json["not_finite"].list(read_run);
  tensor.start = json["start"].number();
  tensor.per_batch = json["per_batch"].number();
  return tensor;
}

Json mapping_json(const KeyMapping& mapping) {
  return {{"names", mapping.user_names},
          {"job", mapping.job_name},
          {"renumbered", mapping.renumbered},
          {"of_loss", mapping.of_loss}};
}

KeyMapping read_mapping(const JsonReader& json) {
  json.only({"names", "job", "renumbered", "of_loss"});
  KeyMapping mapping;
  mapping.user_names = json["names"].texts();
  mapping.job_name = json["job"].text();
  mapping.renumbered = json["renumbered"].flag();
  mapping.of_loss = json["of_loss"].flag();
  return mapping;
}

Json task_json(const KeyTask& task) {
  const TaskShape& shape = task.shape;
  Json fields = Json::array();
  for (const ColumnShape& columns : shape.fields) fields.push_back(columns_json(columns));
  return {{"fingerprint", shape.fingerprint},
          {"rest", shape.rest},
          {"row_order", shape.row_order},
          {"content", task.content},
          {"at_start", task.at_start},
          {"fields", fields},
          {"rows", shape.rows},
          {"held_out_rows", shape.held_out_rows},
          {"may_send", shape.may_send},
          {"may_receive", shape.may_receive},
          {"origin", task.origin}};
}

KeyTask read_task(const JsonReader& json) {
  json.only({"fingerprint", "rest", "row_order", "content", "at_start", "fields", "rows",
             "held_out_rows", "may_send", "may_receive", "origin"});
  KeyTask task;
  TaskShape& shape = task.shape;
  shape.fingerprint = json["fingerprint"].text();
  shape.rest = json["rest"].text();
  shape.row_order = json["row_order"].text();
  task.content = json["content"].text();
  task.at_start = json["at_start"].text();
  shape.fields = json["fields"].list(read_columns);
  shape.rows = json["rows"].number();
  shape.held_out_rows = json["held_out_rows"].number();
  shape.may_send = json["may_send"].flag();
  shape.may_receive = json["may_receive"].flag();
  task.origin = json["origin"].text();
  return task;
}

Json wanted_json(const KeyWanted& task) {
  Json tensors = Json::array();
  for (const KeyMapping& mapping : task.tensors) tensors.push_back(mapping_json(mapping));
  return {{"name", task.name},
          {"task", task.task},
          {"subnetwork", task.subnetwork},
          {"tensors", tensors},
          {"others_targets", task.others_targets}};
}

KeyWanted read_wanted(const JsonReader& json) {
  json.only({"name", "task", "subnetwork", "tensors", "others_targets"});
  KeyWanted wanted;
  wanted.name = json["name"].text();
  wanted.task = json["task"].number();
  wanted.subnetwork = json["subnetwork"].number();
  wanted.tensors = json["tensors"].list(read_mapping);
  wanted.others_targets = json["others_targets"].texts();
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
  const JsonReader json(body, where);
  json.only({"body", "build", "plan", "rows", "held_out_rows", "links", "skip_damaged", "epochs",
             "batch_size", "job", "trained", "tasks", "wanted"});
  Key key;
  key.plan = json["plan"].number();
  if (key.plan != kPlanVersion)
    throw Error(ErrorCode::kUnsupported, where,
                fmt::format("has a plan of version {}; this program draws version {}", key.plan,
                            kPlanVersion));
  key.size.rows = json["rows"].number();
  key.size.held_out_rows = json["held_out_rows"].number();
  key.size.links = json["links"].number();
  key.skip_damaged = json["skip_damaged"].flag();
  key.epochs = json["epochs"].number();
  key.batch_size = json["batch_size"].number();
  key.job_digest = json["job"].text();
  key.trained = json["trained"].list(read_tensor);
  key.tasks = json["tasks"].list(read_task);
  key.wanted = json["wanted"].list(read_wanted);
  return key;
}

}  // namespace amalgam
