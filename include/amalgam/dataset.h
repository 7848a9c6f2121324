// A dataset as a task sees it: named feature fields and targets, one row a sample.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/image.h"
#include "amalgam/progress.h"
#include "amalgam/tensor.h"

namespace amalgam {

// [N, ...]; uint8, int32, int64 or float32; its bytes are in memory or mapped, contiguous.
struct Field {
  std::string name;  // stays at home: the job gives columns neutral names
  Tensor tensor;

  std::uint64_t rows() const { return tensor.shape.front(); }
  Shape sample_shape() const { return {tensor.shape.begin() + 1, tensor.shape.end()}; }
  // Elements of one row.
  std::uint64_t width() const { return element_count(sample_shape()); }
  std::uint64_t row_bytes() const { return width() * dtype_size(tensor.dtype); }
};

struct Dataset {
  std::string where;             // the user's path, for messages
  std::vector<Field> features;   // at least one
  std::optional<Field> targets;  // int64 or float32; integers are widened to int64 when read

  // Of class folders: the classes' names, in the order of their numbers. They stay at home.
  std::vector<std::string> classes;
  std::vector<std::string> notes;  // what the user should know of the reading; one sentence each

  std::uint64_t rows() const { return features.front().rows(); }
};

// How images become samples; nothing here concerns arrays.
struct DatasetOptions {
  const ImageLibrary* images = nullptr;  // null: images are refused
  std::uint64_t channels = 3;            // 1 (gray) or 3 (RGB)
  std::optional<ImageSize> size;         // scaled and cut to; null: all must be of one size
  bool skip_damaged = false;             // leave damaged images out, and say so in the notes
  const Dataset* like =
      nullptr;  // the training data: its classes keep their numbers, others are refused
  Progress* progress = nullptr;
};

// Opens DATA: one path, or "features,targets". Its kind is seen from its content: IDX (also .gz),
// .npz, .npy, .safetensors, CIFAR binary (a file or a folder of them), and class folders of images,
// in a folder or an archive (tar, also compressed, or zip). Rows of class folders are in the order
// of (class, path), the same for a folder and its archive. Throws kInvalid, kUnsupported or
// kDamaged, naming file, field, what was found and what was expected.
Dataset open_dataset(const std::string& data, const DatasetOptions& options = {});

}  // namespace amalgam
