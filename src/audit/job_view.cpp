#include "audit/job_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// A file that job.json names, which must lie inside the job.
fs::path inside(const fs::path& folder, const std::string& name) {
  const fs::path relative = fs::path(name).lexically_normal();
  if (relative.is_absolute() || relative.empty() || *relative.begin() == "..")
    throw Error(ErrorCode::kDamaged, (folder / "job.json").string(),
                "names the file '" + name + "', which lies outside the job");
  return folder / relative;
}

std::vector<std::uint64_t> read_numbers(const Tensor& tensor, const std::string& where) {
  if (tensor.dtype != DType::kInt64 || tensor.shape.size() != 1)
    throw Error(ErrorCode::kDamaged, where, "must be int64 [n]");
  std::vector<std::uint64_t> numbers(element_count(tensor.shape));
  tensor.source->read(0, std::as_writable_bytes(std::span(numbers)));
  return numbers;
}

}  // namespace

JobView::JobView(const fs::path& folder) : folder_(folder) {
  const fs::path path = folder / "job.json";
  const std::string where = path.string();
  manifest_ = parse_json(MappedFile::open(path)->bytes(), where);
  if (json_unsigned(json_member(manifest_, "format", where), where + "/format") != 1)
    throw Error(ErrorCode::kUnsupported, where, "is of another format; this version reads 1");
  rows_ = json_unsigned(json_member(manifest_, "rows", where), where + "/rows");
  held_out_rows_ =
      json_unsigned(json_member(manifest_, "held_out_rows", where), where + "/held_out_rows");
  weights_ = read_safetensors(folder / "weights.safetensors");
  read_shards("train", rows_, train_);
  read_shards("valid", held_out_rows_, valid_);
  read_subnetworks();
}

void JobView::read_shards(const char* split, std::uint64_t rows, std::vector<Shard>& shards) {
  const std::string where = (folder_ / "job.json").string();
  std::uint64_t first = 0;
  for (const Json& entry : json_array(json_member(manifest_, "shards", where), split, where)) {
    const fs::path path = inside(folder_, json_string(entry, "file", where));
    Shard shard{first, {}};
    const std::uint64_t count = json_unsigned(json_member(entry, "rows", where), where);
    for (NamedTensor& named : read_safetensors(path)) {
      const Shape& shape = named.tensor.shape;
      if (shape.size() != 2 || shape[0] != count || shape[1] != width(named.name))
        throw Error(ErrorCode::kDamaged, path.string() + ": tensor '" + named.name + "'",
                    fmt::format("has the shape {}, but job.json says [{}, {}]", to_string(shape),
                                count, width(named.name)));
      shard.tensors[named.name] = std::move(named.tensor);
    }
    first = checked_add(first, count, where);
    shards.push_back(std::move(shard));
  }
  if (first != rows)
    throw Error(ErrorCode::kDamaged, where,
                fmt::format("says {} rows of {}, but its shards have {}", rows, split, first));
}

std::uint64_t JobView::width(const std::string& tensor) const {
  const std::string where = (folder_ / "job.json").string();
  return json_unsigned(json_member(json_member(manifest_, "columns", where), tensor.c_str(), where),
                       where + "/columns/" + tensor);
}

ViewedColumns JobView::read_columns(const Json& json, const std::string& where) const {
  ViewedColumns columns;
  columns.tensor = json_string(json, "tensor", where);
  const std::string dtype = columns.tensor.substr(std::min<std::size_t>(2, columns.tensor.size()));
  const auto known = dtype_from_name(dtype);
  if (!known) throw Error(ErrorCode::kDamaged, where, "names the unknown dtype '" + dtype + "'");
  columns.dtype = *known;
  for (const Json& size : json_array(json, "shape", where))
    columns.shape.push_back(json_unsigned(size, where + "/shape"));
  return columns;
}

void JobView::read_subnetworks() {
  const std::string where = (folder_ / "job.json").string();
  std::map<std::string, const Tensor*> by_name;
  for (const NamedTensor& named : weights_) by_name[named.name] = &named.tensor;
  for (const Json& json : json_array(manifest_, "subnetworks", where)) {
    const std::string place = fmt::format("{}/subnetworks/{}", where, subnetworks_.size());
    ViewedSubnetwork sub{fmt::format("subnetworks.{}.", subnetworks_.size()), {}, {}, 0, json};
    sub.receives = json_unsigned(json_member(json, "receives", place), place + "/receives");
    for (const Json& field : json_array(json, "features", place)) {
      ViewedColumns columns = read_columns(field, place);
      const std::string name = sub.prefix + json_string(field, "positions", place);
      const auto found = by_name.find(name);
      if (found == by_name.end())
        throw Error(ErrorCode::kDamaged, place, "weights.safetensors lacks '" + name + "'");
      columns.positions = read_numbers(*found->second, name);
      if (columns.positions.empty() || element_count(columns.shape) != columns.positions.size())
        throw Error(ErrorCode::kDamaged, place,
                    fmt::format("says the shape {} for {} columns", to_string(columns.shape),
                                columns.positions.size()));
      sub.features.push_back(std::move(columns));
    }
    if (const Json& targets = json_member(json, "targets", place); !targets.is_null()) {
      ViewedColumns columns = read_columns(targets, place);
      for (const Json& column : json_array(targets, "columns", place))
        columns.positions.push_back(json_unsigned(column, place + "/targets/columns"));
      sub.targets.push_back(std::move(columns));
    }
    for (const auto* group : {&sub.features, &sub.targets})
      for (const ViewedColumns& columns : *group)
        for (const std::uint64_t position : columns.positions)
          if (position >= width(columns.tensor))
            throw Error(ErrorCode::kDamaged, place,
                        fmt::format("reads column {} of '{}', which has {}", position,
                                    columns.tensor, width(columns.tensor)));
    if (sub.features.empty()) throw Error(ErrorCode::kDamaged, place, "reads no features");
    subnetworks_.push_back(std::move(sub));
  }
  if (subnetworks_.empty()) throw Error(ErrorCode::kDamaged, where, "has no sub-networks");
}

Bytes JobView::row(const std::string& tensor, bool held_out, std::uint64_t row) const {
  const auto& all = shards(held_out);
  auto shard = std::upper_bound(all.begin(), all.end(), row,
                                [](std::uint64_t at, const Shard& s) { return at < s.first; });
  --shard;
  const auto found = shard->tensors.find(tensor);
  if (found == shard->tensors.end())
    throw Error(ErrorCode::kDamaged, folder_.string(), "a shard lacks '" + tensor + "'");
  const std::uint64_t bytes = found->second.shape[1] * dtype_size(found->second.dtype);
  return found->second.source->view().subspan((row - shard->first) * bytes, bytes);
}

void JobView::gather(const ViewedColumns& columns, bool held_out, std::uint64_t row,
                     MutableBytes out) const {
  const Bytes from = this->row(columns.tensor, held_out, row);
  const std::size_t size = dtype_size(columns.dtype);
  if (size == 1) {
    for (std::size_t i = 0; i < columns.positions.size(); ++i) out[i] = from[columns.positions[i]];
    return;
  }
  for (std::size_t i = 0; i < columns.positions.size(); ++i)
    std::memcpy(out.data() + i * size, from.data() + columns.positions[i] * size, size);
}

}  // namespace amalgam
