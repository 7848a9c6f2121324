// A dataset as a task sees it: named fields, one row a sample, each with a role.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "amalgam/image.h"
#include "amalgam/progress.h"
#include "amalgam/tabular.h"
#include "amalgam/tensor.h"
#include "amalgam/text.h"

namespace amalgam {

// What a field is to a task: what its model takes, or what its loss compares with.
enum class Role : std::uint8_t { kFeature, kTarget };

// [N, ...]; a feature is uint8, int32, int64 or float32, a target int64, float32, or uint8 where a
// row has several (other integers are widened to int64 when read). Its bytes are in memory or
// mapped, contiguous.
struct Field {
  std::string name;  // stays at home: the job gives columns neutral names
  Tensor tensor;
  Role role = Role::kFeature;

  std::uint64_t rows() const { return tensor.shape.front(); }
  Shape sample_shape() const { return {tensor.shape.begin() + 1, tensor.shape.end()}; }
  // Elements of one row.
  std::uint64_t width() const { return element_count(sample_shape()); }
  std::uint64_t row_bytes() const { return width() * dtype_size(tensor.dtype); }
};

// What was done to images before they were rows, and leaves traces.
struct Preparation {
  bool scaled = false;              // from other sizes
  std::set<std::string> encodings;  // of their files: "JPEG", "PNG", "WebP", "BMP"; none: arrays
};

// A plain value; copies share the bytes of fields, which never change. Reading one from several
// threads is safe.
struct Dataset {
  std::string where;  // the user's path, for messages
  // At least one feature, and behind the features any number of targets. A task's features stand in
  // the order of its model's inputs.
  std::vector<Field> fields;

  // Of class folders and CSV files: the classes' names, in the order of their numbers. They stay at
  // home.
  std::vector<std::string> classes;
  std::shared_ptr<const Tokenizer> tokenizer;  // of text; null: data of another kind
  std::shared_ptr<const TabularFit> tabular;   // of a table; null: data of another kind
  bool trained_tokenizer = false;              // on this data, so that the user has it nowhere else
  Preparation preparation;
  std::vector<std::string> notes;  // what the user should know of the reading; one sentence each

  std::uint64_t rows() const { return fields.front().rows(); }
  // The fields of one role, in their order. They number as `fields` does: features first.
  std::span<const Field> features() const { return std::span(fields).first(feature_count()); }
  std::span<const Field> targets() const { return std::span(fields).subspan(feature_count()); }
  std::size_t feature_count() const;
  // Puts a field behind the others of its role.
  void add(Field field);
};

// How text becomes samples of tokens, int32 [length].
struct TextReading {
  const TextLibrary* library = nullptr;  // null: text is refused
  TextSettings settings;                 // without a tokenizer: text is refused
  // The fields to make: tokens, and where wanted 1 for each token and 0 for padding, and zeros.
  std::string tokens = "input_ids";
  bool mask = false, token_types = false;
  std::optional<std::uint64_t> taken_length;  // that the model takes; nothing: any
  bool real_inputs = false;                   // the model takes real numbers, so no text
  // What stands in label_column: numbered classes, real numbers, or nothing that is needed. Texts
  // without labels are one after another cut into samples, or with a mask stay samples, too.
  enum class Labels { kNone, kClasses, kNumbers } labels = Labels::kClasses;
};

// How images and text become samples; nothing here concerns arrays.
struct DatasetOptions {
  const ImageLibrary* images = nullptr;  // null: images are refused
  std::uint64_t channels = 3;            // 1 (gray) or 3 (RGB)
  std::optional<ImageSize> size;         // scaled and cut to; null: all must be of one size
  bool skip_damaged = false;             // leave damaged images out, and say so in the notes
  std::optional<ImageSize> taken;        // by the model: images of another size are refused early
  // To look at, not to train on: NaN, infinity and other numbers of rows stay.
  bool to_inspect = false;
  TextReading text;
  TabularSettings tabular;
  // Names of the fields that are targets, in their order; empty: "y", where there is one. Whether
  // the loss is a program, which takes targets of any kind.
  std::vector<std::string> targets;
  bool any_targets = false;
  // Of a table: columns that other tasks over the same data compare with, which are no features
  // unless `tabular` names them.
  std::vector<std::string> others_targets;
  // The training data: its classes keep their numbers, others are refused; its tokenizer is used.
  const Dataset* like = nullptr;
  Progress* progress = nullptr;
};

// A dataset of arrays that the caller holds, as an .npz of them: those that `targets` names are
// targets ("y" where it is empty), all others features. Throws kInvalid or kUnsupported, naming
// `where` and the array; so does a value that is not finite, by field and row.
Dataset make_dataset(const std::string& where, std::vector<Field> fields,
                     const std::vector<std::string>& targets = {});

// Throws kIo or kInvalid, as open_dataset() does, where nothing can be read at DATA's paths.
void check_dataset_path(const std::string& data);

// Opens DATA: one path, or "features,targets". Its kind is seen from its content: IDX (also .gz),
// .npz, .npy, .safetensors, CIFAR binary (a file or a folder of them), and class folders of images,
// in a folder or an archive (tar, also compressed, or zip); *.csv and *.txt are text. Rows of class
// folders are in the order of (class, path), the same for a folder and its archive. Throws
// kInvalid, kUnsupported or kDamaged, naming file, field, what was found and what was expected.
Dataset open_dataset(const std::string& data, const DatasetOptions& options = {});

}  // namespace amalgam
