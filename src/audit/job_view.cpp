#include "audit/job_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/main_feature.h"
#include "base/bytes.h"
#include "weave/network.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

Positions read_positions(const Tensor& tensor, const std::string& where) {
  if (tensor.dtype != DType::kInt64 || tensor.shape.size() != 1)
    throw Error(ErrorCode::kDamaged, where, "must be int64 [n]");
  Positions positions(element_count(tensor.shape));
  tensor.source->read(0, std::as_writable_bytes(std::span(positions)));
  return positions;
}

}  // namespace

std::vector<const ViewedColumns*> ViewedSubnetwork::classes() const {
  std::vector<const ViewedColumns*> found;
  for (const ViewedColumns& target : targets)
    if (target.group.dtype == DType::kInt64 && target.positions.size() == 1)
      found.push_back(&target);
  return found;
}

JobView::JobView(const fs::path& folder) : folder_(folder), manifest_(read_manifest(folder)) {
  weights_ = read_safetensors(folder / "weights.safetensors");
  train_ = read_shards(manifest_.train);
  valid_ = read_shards(manifest_.valid);
  read_subnetworks();
  for (ViewedSubnetwork& sub : subnetworks_) choose_main(sub);
}

void JobView::choose_main(ViewedSubnetwork& sub) const {
  if (sub.features.size() == 1) return;
  std::vector<FeatureRows> all;
  for (const ViewedColumns& field : sub.features) {
    FeatureRows feature{field.group.dtype, field.positions.size(), {}};
    const std::size_t size = feature.width * dtype_size(feature.dtype);
    feature.bytes.resize(std::min(kDecidingRows, rows(false)) * size);
    for (std::size_t at = 0; at < feature.bytes.size(); at += size)
      gather(field, false, at / size, MutableBytes(feature.bytes).subspan(at, size));
    all.push_back(std::move(feature));
  }
  sub.main = amalgam::main_feature(all);
}

std::vector<JobView::Shard> JobView::read_shards(const std::vector<ManifestShard>& listed) const {
  std::vector<Shard> shards;
  std::uint64_t first = 0;
  for (const ManifestShard& entry : listed) {
    const fs::path path = folder_ / entry.file;
    Shard shard{first, {}};
    for (NamedTensor& named : read_safetensors(path)) {
      const std::string where = path.string() + ": tensor '" + named.name + "'";
      const auto group = column_group(named.name);
      if (!group) throw Error(ErrorCode::kDamaged, where, "is no name of columns");
      const Tensor& tensor = named.tensor;
      if (tensor.dtype != group->dtype)
        throw Error(ErrorCode::kDamaged, where, fmt::format("holds {}", dtype_name(tensor.dtype)));
      if (tensor.shape != Shape{entry.rows, width(*group)})
        throw Error(ErrorCode::kDamaged, where,
                    fmt::format("has the shape {}, but job.json says [{}, {}]",
                                to_string(tensor.shape), entry.rows, width(*group)));
      shard.tensors[*group] = std::move(named.tensor);
    }
    first += entry.rows;
    shards.push_back(std::move(shard));
  }
  return shards;
}

std::uint64_t JobView::width(const ColumnGroup& group) const {
  const auto found = manifest_.columns.find(group);
  if (found == manifest_.columns.end())
    throw Error(ErrorCode::kDamaged, (folder_ / "job.json").string(),
                "names no columns " + group.name());
  return found->second;
}

void JobView::read_subnetworks() {
  const std::string where = (folder_ / "job.json").string();
  std::map<std::string, const Tensor*> by_name;
  for (const NamedTensor& named : weights_) by_name[named.name] = &named.tensor;
  for (const ManifestSubnetwork& listed : manifest_.subnetworks) {
    const std::size_t number = subnetworks_.size();
    const std::string place = fmt::format("{}/subnetworks/{}", where, number);
    ViewedSubnetwork sub{subnetwork_prefix(number), {}, {}, listed.receives};
    for (const ManifestField& field : listed.fields) {
      ViewedColumns columns{field.columns, field.positions, field.shape};
      if (field.columns.role == Role::kTarget) {
        sub.targets.push_back(std::move(columns));
        continue;
      }
      const std::string name = sub.prefix + field.tensor;
      const auto found = by_name.find(name);
      if (found == by_name.end())
        throw Error(ErrorCode::kDamaged, place, "weights.safetensors lacks '" + name + "'");
      columns.positions = read_positions(*found->second, name);
      check_positions(columns.positions, field, width(field.columns), place);
      sub.features.push_back(std::move(columns));
    }
    subnetworks_.push_back(std::move(sub));
  }
}

Bytes JobView::row(const ColumnGroup& group, bool held_out, std::uint64_t row) const {
  const auto& all = shards(held_out);
  auto shard = std::upper_bound(all.begin(), all.end(), row,
                                [](std::uint64_t at, const Shard& s) { return at < s.first; });
  --shard;
  const auto found = shard->tensors.find(group);
  if (found == shard->tensors.end())
    throw Error(ErrorCode::kDamaged, folder_.string(), "a shard lacks '" + group.name() + "'");
  const std::uint64_t bytes = found->second.shape[1] * dtype_size(found->second.dtype);
  return found->second.source->view().subspan((row - shard->first) * bytes, bytes);
}

void JobView::gather(const ViewedColumns& columns, bool held_out, std::uint64_t row,
                     MutableBytes out) const {
  const Bytes from = this->row(columns.group, held_out, row);
  const std::size_t size = dtype_size(columns.group.dtype);
  if (size == 1) {
    for (std::size_t i = 0; i < columns.positions.size(); ++i) out[i] = from[columns.positions[i]];
    return;
  }
  for (std::size_t i = 0; i < columns.positions.size(); ++i)
    std::memcpy(out.data() + i * size, from.data() + columns.positions[i] * size, size);
}

}  // namespace amalgam
