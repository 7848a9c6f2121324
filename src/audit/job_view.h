// A job as the cloud sees it: nothing here knows the key.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "formats/safetensors.h"

namespace amalgam {

// Columns of one tensor of a batch that a sub-network reads together.
struct ViewedColumns {
  std::string tensor;  // "x.uint8"
  DType dtype = DType::kUInt8;
  std::vector<std::uint64_t> positions;  // among the tensor's columns
  Shape shape;                           // of one sample, as the sub-network takes it
};

struct ViewedSubnetwork {
  std::string prefix;  // of its tensors: "subnetworks.3."
  std::vector<ViewedColumns> features;
  std::vector<ViewedColumns> targets;  // one, or none
  std::uint64_t receives = 0;          // links that end in it
  Json settings;                       // what job.json says of it
};

// Mapped; values are read when they are asked for. Thread-safe.
class JobView {
 public:
  // Throws kDamaged where a file contradicts itself or job.json. Reads nothing outside the folder.
  explicit JobView(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const std::vector<ViewedSubnetwork>& subnetworks() const { return subnetworks_; }
  const std::vector<NamedTensor>& weights() const { return weights_; }
  const Json& manifest() const { return manifest_; }
  std::uint64_t rows(bool held_out) const { return held_out ? held_out_rows_ : rows_; }
  // Elements of one sample in a tensor.
  std::uint64_t width(const std::string& tensor) const;

  // The columns of one row, as raw bytes, into `out`. REQUIRES: room for them.
  void gather(const ViewedColumns& columns, bool held_out, std::uint64_t row,
              MutableBytes out) const;
  // A whole row of one tensor.
  Bytes row(const std::string& tensor, bool held_out, std::uint64_t row) const;

 private:
  struct Shard {
    std::uint64_t first;  // row
    std::map<std::string, Tensor> tensors;
  };

  void read_shards(const char* split, std::uint64_t rows, std::vector<Shard>& shards);
  void read_subnetworks();
  ViewedColumns read_columns(const Json& json, const std::string& where) const;
  const std::vector<Shard>& shards(bool held_out) const { return held_out ? valid_ : train_; }

  std::filesystem::path folder_;
  Json manifest_;
  std::vector<NamedTensor> weights_;
  std::uint64_t rows_ = 0, held_out_rows_ = 0;
  std::vector<Shard> train_, valid_;
  std::vector<ViewedSubnetwork> subnetworks_;
};

}  // namespace amalgam
