#include "job/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr const char* kName = "job.json";
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

// Reads one document; `where` names the file and the place in it.
class Reader {
 public:
  explicit Reader(const fs::path& path) : file_(path.string()) {
    json_ = parse_json(MappedFile::open(path)->bytes(), file_);
  }

  Manifest read() {
    const std::uint64_t format = number(json_, "format", file_);
    if (format != kJobFormat)
      throw Error(ErrorCode::kUnsupported, file_,
                  fmt::format("is of format {}{}; this version reads {}", format,
                              format == 1 ? ", made by version 0.1" : "", kJobFormat));
    Manifest manifest;
    manifest.plan = number(json_, "plan", file_);
    manifest.rows = number(json_, "rows", file_);
    manifest.held_out_rows = number(json_, "held_out_rows", file_);
    for (const auto& [name, count] : object(json_, "columns").items())
      manifest.columns[group(name, file_)] = json_unsigned(count, file_ + "/columns/" + name);
    read_training(manifest.training);
    read_files(manifest);
    const Json& shards = object(json_, "shards");
    manifest.train = read_shards(shards, "train", manifest.rows);
    manifest.valid = read_shards(shards, "valid", manifest.held_out_rows);
    for (const Json& sub : json_array(json_, "subnetworks", file_))
      manifest.subnetworks.push_back(read_subnetwork(
          sub, manifest, fmt::format("{}/subnetworks/{}", file_, manifest.subnetworks.size())));
    if (manifest.subnetworks.empty()) damaged(file_, "has no sub-networks");
    return manifest;
  }

 private:
  static std::uint64_t number(const Json& json, const char* key, const std::string& where) {
    return json_unsigned(json_member(json, key, where), where + "/" + key);
  }

  const Json& object(const Json& json, const char* key) const {
    const Json& found = json_member(json, key, file_);
    if (!found.is_object()) damaged(file_ + "/" + key, "must be an object");
    return found;
  }

  // "x.uint8"
  static ColumnGroup group(const std::string& name, const std::string& where) {
    const auto known = column_group(name);
    if (!known) damaged(where, "names the unknown columns '" + name + "'");
    return *known;
  }

  void read_training(JobSettings& training) const {
    const std::string where = file_ + "/training";
    const Json& json = object(json_, "training");
    training.epochs = number(json, "epochs", where);
    training.batch_size = number(json, "batch_size", where);
    training.precision = json_string(json, "precision", where);
    training.seed = number(json, "seed", where);
  }

  // A file that lies inside the job.
  std::string inside(const std::string& name) const {
    const fs::path relative = fs::path(name).lexically_normal();
    if (relative.is_absolute() || relative.empty() || *relative.begin() == "..")
      damaged(file_, "names the file '" + name + "', which lies outside the job");
    return name;
  }

  void read_files(Manifest& manifest) const {
    manifest.digest_piece = number(json_, "digest_piece", file_);
    if (manifest.digest_piece == 0) damaged(file_ + "/digest_piece", "must be above 0");
    for (const auto& [name, entry] : object(json_, "files").items()) {
      const std::string where = file_ + "/files/" + name;
      ManifestFile& file = manifest.files[inside(name)];
      file.bytes = number(entry, "bytes", where);
      for (const Json& digest : json_array(entry, "blake2b", where)) {
        if (!digest.is_string()) damaged(where, "has a digest that is no string");
        file.digests.push_back(digest.get_ref<const std::string&>());
      }
    }
  }

  std::vector<ManifestShard> read_shards(const Json& shards, const char* split,
                                         std::uint64_t rows) const {
    const std::string where = file_ + "/shards/" + split;
    std::vector<ManifestShard> out;
    std::uint64_t all = 0;
    for (const Json& entry : json_array(shards, split, file_ + "/shards")) {
      out.push_back({inside(json_string(entry, "file", where)), number(entry, "rows", where)});
      all = checked_add(all, out.back().rows, where);
    }
    if (all != rows)
      damaged(file_, fmt::format("says {} rows of {}, but its shards have {}", rows, split, all));
    return out;
  }

  static ManifestField read_field(const Json& json, const Manifest& manifest,
                                  const std::string& where) {
    ManifestField field;
    field.columns = group(json_string(json, "tensor", where), where);
    const std::string role = json_string(json, "role", where);
    if (role != kRoles[static_cast<int>(field.columns.role)])
      damaged(where, "is a '" + role + "' in the columns " + field.columns.name());
    for (const Json& size : json_array(json, "shape", where))
      field.shape.push_back(json_unsigned(size, where + "/shape"));
    const auto all = manifest.columns.find(field.columns);
    if (all == manifest.columns.end()) damaged(where, "reads columns that there are not");
    if (field.columns.role == Role::kFeature) {
      field.tensor = json_string(json, "positions", where);
      return field;
    }
    for (const Json& position : json_array(json, "positions", where))
      field.positions.push_back(json_unsigned(position, where + "/positions"));
    check_positions(field.positions, field, all->second, where);
    return field;
  }

  static ManifestSubnetwork read_subnetwork(const Json& json, const Manifest& manifest,
                                            const std::string& where) {
    ManifestSubnetwork sub;
    sub.recipe = json_member(json, "recipe", where);
    sub.receives = number(json, "receives", where);
    for (const Json& field : json_array(json, "fields", where))
      sub.fields.push_back(read_field(field, manifest, where));
    if (sub.fields.empty() || sub.fields[0].columns.role != Role::kFeature)
      damaged(where, "reads no features");
    return sub;
  }

  std::string file_;
  Json json_;
};

}  // namespace

void check_positions(const Positions& positions, const ManifestField& field, std::uint64_t columns,
                     const std::string& where) {
  if (positions.empty() || element_count(field.shape) != positions.size())
    damaged(where, fmt::format("says the shape {} for {} columns", to_string(field.shape),
                               positions.size()));
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

void write_manifest(const fs::path& folder, const Manifest& manifest) {
  write_file(folder / kName, manifest_json(manifest).dump(2) + "\n");
}

Manifest read_manifest(const fs::path& folder) { return Reader(folder / kName).read(); }

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
  return to_hex(Blake2b().update(MappedFile::open(folder / kName)->bytes()).finish());
}

}  // namespace amalgam
