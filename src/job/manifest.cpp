#include "job/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json_reader.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRoles[] = {"feature", "target"};  // by Role

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

Json field_json(const ManifestField& field) {
  Json json = {{"role", kRoles[static_cast<int>(field.columns.role)]},
               {"tensor", field.columns.name()},
               {"shape", field.shape}};
  if (field.columns.role == Role::kFeature)
    json["positions"] = field.tensor;
  else
    json["positions"] = field.positions;
  return json;
}

Json subnetwork_json(const ManifestSubnetwork& sub) {
  Json fields = Json::array();
  for (const ManifestField& field : sub.fields) fields.push_back(field_json(field));
  return {{"recipe", sub.recipe}, {"receives", sub.receives}, {"fields", std::move(fields)}};
}

Json shards_json(const std::vector<ManifestShard>& shards) {
  Json list = Json::array();
  for (const ManifestShard& shard : shards)
    list.push_back({{"file", shard.file}, {"rows", shard.rows}});
  return list;
}

ColumnGroup read_group(const std::string& name, const JsonReader& json) {
  const auto known = column_group(name);
  if (!known) json.refuse("names the unknown columns '" + name + "'");
  return *known;
}

// A file that lies inside the job.
std::string inside(const std::string& name, const JsonReader& json) {
  const fs::path relative = fs::path(name).lexically_normal();
  if (relative.is_absolute() || relative.empty() || *relative.begin() == "..")
    json.refuse("names the file '" + name + "', which lies outside the job");
  return name;
}

JobSettings read_training(const JsonReader& json) {
  JobSettings training;
  training.epochs = json["epochs"].number();
  training.batch_size = json["batch_size"].number();
  training.precision = json["precision"].text();
  training.seed = json["seed"].number();
  return training;
}

std::map<std::string, ManifestFile> read_files(const JsonReader& json) {
  std::map<std::string, ManifestFile> files;
  for (const auto& [name, entry] : json.members())
    files[inside(name, json)] = {entry["bytes"].number(), entry["blake2b"].texts()};
  return files;
}

// Of a split that has so many rows.
std::vector<ManifestShard> read_shards(const JsonReader& json, std::uint64_t rows) {
  std::vector<ManifestShard> shards;
  std::uint64_t all = 0;
  for (const JsonReader& entry : json.elements()) {
    shards.push_back({inside(entry["file"].text(), entry), entry["rows"].number()});
    all = checked_add(all, shards.back().rows, json.where());
  }
  if (all != rows)
    json.refuse(fmt::format("the job says {}, but its shards have {}", counted(rows, "row"), all));
  return shards;
}

ManifestField read_field(const JsonReader& json, const Manifest& manifest) {
  ManifestField field;
  field.columns = read_group(json["tensor"].text(), json);
  const std::string role = json["role"].text();
  if (role != kRoles[static_cast<int>(field.columns.role)])
    json.refuse("is a '" + role + "' in the columns " + field.columns.name());
  field.shape = json["shape"].numbers();
  const auto all = manifest.columns.find(field.columns);
  if (all == manifest.columns.end()) json.refuse("reads columns that there are not");
  if (field.columns.role == Role::kFeature) {
    field.tensor = json["positions"].text();
    return field;
  }
  field.positions = json["positions"].numbers();
  check_positions(field.positions, field, all->second, json.where());
  return field;
}

ManifestSubnetwork read_subnetwork(const JsonReader& json, const Manifest& manifest) {
  ManifestSubnetwork sub;
  sub.recipe = json["recipe"].value();
  sub.receives = json["receives"].number();
  for (const JsonReader& field : json["fields"].elements())
    sub.fields.push_back(read_field(field, manifest));
  if (sub.fields.empty() || sub.fields[0].columns.role != Role::kFeature)
    json.refuse("reads no features");
  return sub;
}

Manifest manifest_of(const JsonReader& json) {
  const std::uint64_t format = json["format"].number();
  if (format != kJobFormat)
    throw Error(ErrorCode::kUnsupported, json.where(),
                fmt::format("is of format {}{}; this version reads {}", format,
                            format == 1 ? ", made by version 0.1" : "", kJobFormat));
  Manifest manifest;
  manifest.plan = json["plan"].number();
  manifest.rows = json["rows"].number();
  manifest.held_out_rows = json["held_out_rows"].number();
  for (const auto& [name, count] : json["columns"].members())
    manifest.columns[read_group(name, json)] = count.number();
  manifest.training = read_training(json["training"]);
  manifest.digest_piece = json["digest_piece"].number();
  if (manifest.digest_piece == 0) json["digest_piece"].refuse("must be above 0");
  manifest.files = read_files(json["files"]);
  manifest.train = read_shards(json["shards"]["train"], manifest.rows);
  manifest.valid = read_shards(json["shards"]["valid"], manifest.held_out_rows);
  for (const JsonReader& sub : json["subnetworks"].elements())
    manifest.subnetworks.push_back(read_subnetwork(sub, manifest));
  if (manifest.subnetworks.empty()) json.refuse("has no sub-networks");
  return manifest;
}

}  // namespace

void check_positions(const Positions& positions, const ManifestField& field, std::uint64_t columns,
                     const std::string& where) {
  if (positions.empty() || element_count(field.shape) != positions.size())
    damaged(where, fmt::format("says the shape {} for {}", to_string(field.shape),
                               counted(positions.size(), "column")));
  for (const std::uint64_t position : positions)
    if (position >= columns)
      damaged(where, fmt::format("reads column {} of '{}', which has {}", position,
                                 field.columns.name(), columns));
}

Json manifest_json(const Manifest& manifest) {
  Json columns = Json::object(), subnetworks = Json::array(), files = Json::object();
  for (const auto& [group, count] : manifest.columns) columns[group.name()] = count;
  for (const ManifestSubnetwork& sub : manifest.subnetworks)
    subnetworks.push_back(subnetwork_json(sub));
  for (const auto& [name, file] : manifest.files)
    files[name] = {{"bytes", file.bytes}, {"blake2b", file.digests}};
  const JobSettings& training = manifest.training;
  return {
      {"format", kJobFormat},
      {"plan", manifest.plan},
      {"rows", manifest.rows},
      {"held_out_rows", manifest.held_out_rows},
      {"columns", columns},
      {"training",
       {{"epochs", training.epochs},
        {"batch_size", training.batch_size},
        {"precision", training.precision},
        {"seed", training.seed}}},
      {"subnetworks", subnetworks},
      {"shards", {{"train", shards_json(manifest.train)}, {"valid", shards_json(manifest.valid)}}},
      {"digest_piece", manifest.digest_piece},
      {"files", files}};
}

std::string manifest_text(const Manifest& manifest) {
  return manifest_json(manifest).dump(2) + "\n";
}

void write_manifest(const fs::path& folder, const Manifest& manifest) {
  write_file(folder / kManifestName, manifest_text(manifest));
}

Manifest read_manifest(const fs::path& folder) {
  const fs::path path = folder / kManifestName;
  const Json json = parse_json(MappedFile::open(path)->bytes(), path.string());
  return manifest_of({json, path.string()});
}

std::vector<std::string> piece_digests(Bytes bytes, std::uint64_t piece) {
  std::vector<std::string> digests;
  for (Bytes rest = bytes; !rest.empty();) {
    const Bytes next = rest.first(std::min<std::uint64_t>(piece, rest.size()));
    digests.push_back(to_hex(Blake2b().update(next).finish()));
    rest = rest.subspan(next.size());
  }
  return digests;
}

std::string manifest_digest(const fs::path& folder) {
  return to_hex(Blake2b().update(MappedFile::open(folder / kManifestName)->bytes()).finish());
}

}  // namespace amalgam
