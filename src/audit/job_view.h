// A job as the cloud sees it: nothing here knows the key.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "job/manifest.h"

namespace amalgam {

// Columns of a sample that a sub-network reads together.
struct ViewedColumns {
  ColumnGroup group;
  Positions positions;  // among the group's columns
  Shape shape;          // of one sample, as the sub-network takes it
};

struct ViewedSubnetwork {
  std::string prefix;                   // of its tensors: "subnetworks.3."
  std::vector<ViewedColumns> features;  // at least one
  std::vector<ViewedColumns> targets;
  std::uint64_t receives = 0;  // links that end in it
  std::size_t main = 0;        // the feature that says most of a row (audit/main_feature.h)

  const ViewedColumns& main_feature() const { return features[main]; }
  // Its targets that are one class number each; the first of them is what labels are.
  std::vector<const ViewedColumns*> classes() const;
  bool has_classes() const { return !classes().empty(); }
};

// Mapped; values are read when they are asked for. Thread-safe.
class JobView {
 public:
  // Throws kDamaged where a file contradicts itself or job.json. Reads nothing outside the folder.
  explicit JobView(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<ViewedSubnetwork>& subnetworks() const { return subnetworks_; }
  const std::vector<NamedTensor>& weights() const { return weights_; }
  const Manifest& manifest() const { return manifest_; }
  std::uint64_t rows(bool held_out) const {
    return held_out ? manifest_.held_out_rows : manifest_.rows;
  }
  // Elements of one sample. Throws kDamaged where the job has no such columns.
  std::uint64_t width(const ColumnGroup& group) const;

  // The columns of one row, as raw bytes, into `out`. REQUIRES: room for them.
  void gather(const ViewedColumns& columns, bool held_out, std::uint64_t row,
              MutableBytes out) const;
  // A whole row of a group.
  Bytes row(const ColumnGroup& group, bool held_out, std::uint64_t row) const;

 private:
  struct Shard {
    std::uint64_t first;  // row
    std::map<ColumnGroup, Tensor> tensors;
  };

  std::vector<Shard> read_shards(const std::vector<ManifestShard>& listed) const;
  void read_subnetworks();
  void choose_main(ViewedSubnetwork& sub) const;
  const std::vector<Shard>& shards(bool held_out) const { return held_out ? valid_ : train_; }

  std::filesystem::path folder_;
  Manifest manifest_;
  std::vector<NamedTensor> weights_;
  std::vector<Shard> train_, valid_;
  std::vector<ViewedSubnetwork> subnetworks_;
};

}  // namespace amalgam
