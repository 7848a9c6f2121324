#include "amalgam/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "amalgam/dataset.h"
#include "amalgam/key.h"
#include "amalgam/model.h"
#include "base/bytes.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/json.h"
#include "base/printable.h"
#include "formats/check_finite.h"
#include "formats/class_counts.h"
#include "formats/csv.h"
#include "formats/finite.h"
#include "formats/image_files.h"
#include "formats/readable.h"
#include "formats/safetensors.h"
#include "formats/text_files.h"
#include "formats/text_table.h"
#include "formats/zip.h"
#include "graph/export_notes.h"
#include "graph/operations/table.h"
#include "job/manifest.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

std::string with_thousands(double number) {
  std::string text = fmt::format("{:.0f}", number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string shape_text(const Value& value) {
  std::string text = "[";
  for (const Dim& dim : value.shape)
    text += (text.size() > 1 ? ", " : "") +
            (dim.symbolic ? std::string("batch") : std::to_string(dim.size));
  return text + "]";
}

struct Counts {
  std::map<std::string, std::size_t> nodes;
  std::map<std::string, bool> known;
};

void count_nodes(const Graph& graph, Counts& counts) {
  for (const Node& node : graph.nodes) {
    if (node.body) {
      count_nodes(*node.body, counts);
      continue;
    }
    const std::string name = node.space + "." + node.name();
    ++counts.nodes[name];
    counts.known[name] = node.kind == NodeKind::kPython || is_printed(node);
  }
}

class Report {
 public:
  explicit Report(std::string kind) { out_.kind = std::move(kind); }
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_.lines.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  Json json = Json::object();
  Inspection finish() {
    Json whole = {{"kind", out_.kind}};
    whole.update(json);
    // Names of classes may be in another encoding than JSON's.
    out_.json = whole.dump(2, ' ', false, Json::error_handler_t::replace);
    return std::move(out_);
  }

 private:
  Inspection out_;
};

void report_values(Report& report, const char* what,
                   const std::vector<std::pair<std::string, const Value*>>& values) {
  Json list = Json::array();
  for (const auto& [name, value] : values) {
    report.line("{:<9} {} {} {}", what, name, dtype_name(value->dtype), shape_text(*value));
    list.push_back(
        {{"name", name}, {"dtype", dtype_name(value->dtype)}, {"shape", shape_text(*value)}});
  }
  report.json[std::string(what) + "s"] = list;
}

void report_tensors(Report& report, const Model& model) {
  static constexpr const char* kKinds[] = {"parameters", "buffers", "constants"};
  for (std::size_t kind = 0; kind < 3; ++kind) {
    std::size_t tensors = 0, trainable = 0, tied = 0;
    std::uint64_t values = 0;
    for (const ModelTensor& tensor : model.tensors) {
      if (static_cast<std::size_t>(tensor.kind) != kind) continue;
      ++tensors;
      values += element_count(tensor.tensor.shape);
      trainable += tensor.trainable ? 1 : 0;
      tied += tensor.user_names.size() > 1 ? 1 : 0;
    }
    if (kind == 0)
      report.line("{:<9} {} in {} ({} trained, {} tied)", kKinds[kind],
                  with_thousands(static_cast<double>(values)), counted(tensors, "tensor"),
                  trainable, tied);
    else if (tensors > 0)
      report.line("{:<9} {} in {}", kKinds[kind], with_thousands(static_cast<double>(values)),
                  counted(tensors, "tensor"));
    report.json[kKinds[kind]] = {
        {"values", values}, {"tensors", tensors}, {"trained", trainable}, {"tied", tied}};
  }
}

// The values that a loss may take: the output that it takes unless a recipe says otherwise, or all.
std::vector<ValueId> loss_values(const Program& program, const std::string& where) {
  const auto& outputs = program.graph.outputs;
  try {
    return {*outputs[find_output(program, "", where)]};
  } catch (const Error&) {
    std::vector<ValueId> all;
    for (const auto& output : outputs)
      if (output) all.push_back(*output);
    return all;
  }
}

void report_export(Report& report, const Model& model) {
  const std::vector<ValueId> loss_of = loss_values(model.train(), model.where);
  const std::vector<std::string> notes = export_notes(model, loss_of);
  for (const std::string& note : notes) report.line("- {}", note);
  report.json["notes"] = notes;
}

Inspection inspect_model(const fs::path& path) {
  const Model model = read_model({path});
  Report report("model");
  const Program& program = model.train();
  std::vector<std::pair<std::string, const Value*>> inputs, outputs;
  for (const ModelInput& input : program.inputs)
    inputs.emplace_back(input.name, &program.values[input.value]);
  for (std::size_t i = 0; i < program.graph.outputs.size(); ++i)
    if (program.graph.outputs[i])
      outputs.emplace_back(
          program.output_names[i].empty() ? std::to_string(i) : program.output_names[i],
          &program.values[*program.graph.outputs[i]]);
  report_values(report, "input", inputs);
  report_values(report, "output", outputs);
  report_tensors(report, model);
  const Cost cost = forward_cost(model);
  report.line(
      "FLOPs     {} for one sample, forward{}", with_thousands(cost.flops_per_sample),
      cost.unknown.empty() ? "" : fmt::format(" (without {})", fmt::join(cost.unknown, ", ")));
  report.json["flops_per_sample"] = cost.flops_per_sample;
  report.json["flops_unknown"] = cost.unknown;
  Counts counts;
  count_nodes(program.graph, counts);
  report.line("operations");
  for (const auto& [name, count] : counts.nodes)
    report.line("  {:>5} {}{}", count, name, counts.known[name] ? "" : "  (passed through)");
  for (const auto& [name, count] : counts.nodes) report.json["operations"][name] = count;
  report_export(report, model);
  return report.finish();
}

Inspection inspect_tensors(const fs::path& path) {
  Report report("tensors");
  report.json["tensors"] = Json::array();
  for (const NamedTensor& named : read_safetensors(path)) {
    report.line("{:<10} {:<20} {}", dtype_name(named.tensor.dtype), to_string(named.tensor.shape),
                named.name);
    std::uint64_t not_finite = 0;
    for (const auto& [first, count] : not_finite_runs(named.tensor)) not_finite += count;
    if (not_finite > 0)
      report.line("  of which {} not finite", counted(not_finite, "value is", "values are"));
    report.json["tensors"].push_back({{"name", named.name},
                                      {"dtype", dtype_name(named.tensor.dtype)},
                                      {"shape", named.tensor.shape},
                                      {"not_finite", not_finite}});
  }
  return report.finish();
}

Inspection inspect_job(const fs::path& folder) {
  const Manifest manifest = read_manifest(folder);
  Report report("job");
  const std::size_t subnetworks = manifest.subnetworks.size();
  const auto receives_nothing = static_cast<std::size_t>(
      std::count_if(manifest.subnetworks.begin(), manifest.subnetworks.end(),
                    [](const ManifestSubnetwork& sub) { return sub.receives == 0; }));
  report.line("sub-networks {}, {} of which receive nothing from another", subnetworks,
              receives_nothing == subnetworks ? "all" : std::to_string(receives_nothing));
  report.line("rows         {} for training, {} held out", manifest.rows, manifest.held_out_rows);
  for (const auto& [group, count] : manifest.columns)
    report.line("columns      {} {}", group.name(), count);
  report.line("training     {}, batches of {}, {}, seed {}",
              counted(manifest.training.epochs, "epoch"), manifest.training.batch_size,
              manifest.training.precision, manifest.training.seed);
  std::uint64_t bytes = 0;
  for (const auto& [name, file] : manifest.files) bytes += file.bytes;
  report.line("bytes        {}", with_thousands(static_cast<double>(bytes)));
  report.json["manifest"] = manifest_json(manifest);
  report.json["receives_nothing"] = receives_nothing;
  return report.finish();
}

Inspection inspect_key(const fs::path& path) {
  const KeyHeader header = read_key_header(path);
  Report report("key");
  report.line("key of version {}, {}, {}", header.version,
              header.passphrase ? "opened by a passphrase"
                                : "without a passphrase: the file itself is the secret",
              counted(header.body_bytes, "sealed byte"));
  if (header.others_can_read)
    report.line("can be read by others: make it yours alone with chmod 600");
  report.json = {{"version", header.version},
                 {"passphrase", header.passphrase},
                 {"sealed_bytes", header.body_bytes},
                 {"others_can_read", header.others_can_read}};
  return report.finish();
}

void report_classes(Report& report, const Dataset& data) {
  if (data.classes.empty()) return;
  report.line("{:<10} {}", "classes", printable(fmt::format("{}", fmt::join(data.classes, ", "))));
  report.line("{:<10} {}", "rows", describe_classes(data));
  report.json["classes"] = data.classes;
  report.json["rows_of_classes"] = count_classes(data);
}

void report_not_finite(Report& report, const Dataset& data) {
  report.json["not_finite"] = Json::array();
  for (const NotFiniteField& field : not_finite_fields(data)) {
    report.line("not finite {} in {} of '{}', the first ({}) in row {} (from 0)",
                counted(field.values, "value"), counted(field.rows, "row"), field.name,
                field.first_value, field.first_row);
    report.json["not_finite"].push_back({{"name", field.name},
                                         {"values", field.values},
                                         {"rows", field.rows},
                                         {"first_row", field.first_row}});
  }
}

Inspection inspect_dataset(const fs::path& path, DatasetOptions reading) {
  reading.to_inspect = true;
  const Dataset data = open_dataset(path.string(), reading);
  Report report("dataset");
  report.json["fields"] = Json::array();
  for (const Field& field : data.fields) {
    report.line("{:<10} {:<8} {}", field.name, dtype_name(field.tensor.dtype),
                to_string(field.tensor.shape));
    report.json["fields"].push_back({{"name", field.name},
                                     {"dtype", dtype_name(field.tensor.dtype)},
                                     {"shape", field.tensor.shape}});
  }
  report_classes(report, data);
  report_not_finite(report, data);
  report.json["notes"] = data.notes;
  for (const std::string& note : data.notes) report.line("- {}", note);
  return report.finish();
}

// What [text] of a recipe chooses from.
Inspection inspect_text(const fs::path& path) {
  check_readable(path.string());
  const auto file = MappedFile::open(path);
  Report report("text");
  if (is_plain_text_path(path)) {
    const std::size_t rows = line_table(as_text(file->bytes()), path.string()).texts.size();
    report.line("rows      {}", rows);
    report.json["rows"] = rows;
    return report.finish();
  }
  const std::vector<CsvRow> rows = csv_rows(as_text(file->bytes()), path.string()).rows;
  report.line("rows      {}, with the columns' names where the first row holds them", rows.size());
  report.json["rows"] = rows.size();
  report.json["first_row"] = rows.front();
  for (std::size_t c = 0; c < rows.front().size(); ++c)
    report.line("column    {} '{}'", c, rows.front()[c]);
  return report.finish();
}

bool is_model(const fs::path& path) {
  const auto zip = ZipArchive::open(path);
  const std::vector<std::string> names = zip->names();
  return std::none_of(names.begin(), names.end(), [](const std::string& name) {
    return name.ends_with(".npy") || is_image_path(name);
  });
}

}  // namespace

Inspection inspect(const fs::path& path, const DatasetOptions& reading) {
  std::error_code error;  // told by whoever reads it
  if (fs::is_directory(path, error)) {
    if (fs::exists(path / "job.json")) return inspect_job(path);
    return inspect_dataset(path, reading);
  }
  // A pair of files, or what can't be read; the message is the same as elsewhere.
  if (!fs::is_regular_file(path, error)) return inspect_dataset(path, reading);
  if (is_text_path(path)) return inspect_text(path);
  const auto file = MappedFile::open(path);
  const std::string_view text = as_text(file->bytes());
  if (text.starts_with("AMALGKEY")) return inspect_key(path);
  if (text.starts_with("PK\x03\x04") && is_model(path)) return inspect_model(path);
  if (looks_like_safetensors(path)) return inspect_tensors(path);
  return inspect_dataset(path, reading);
}

}  // namespace amalgam
