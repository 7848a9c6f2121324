#include "amalgam/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/bytes.h"
#include "base/counted.h"
#include "base/file.h"
#include "formats/array_files.h"
#include "formats/array_names.h"
#include "formats/check_finite.h"
#include "formats/cifar.h"
#include "formats/class_images.h"
#include "formats/fields.h"
#include "formats/gzip.h"
#include "formats/idx.h"
#include "formats/image_files.h"
#include "formats/readable.h"
#include "formats/tabular_files.h"
#include "formats/text_files.h"
#include "formats/zip.h"
#include "formats/zip_kinds.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

using Pair = std::pair<std::string, std::string>;

// "features,targets": cut where both are there, else at the first comma where the first one is.
// Nothing where the whole is a path of its own.
std::optional<Pair> split_pair(const std::string& data) {
  std::optional<Pair> found;
  bool whole = is_there(data), first_is_there = false;
  for (std::size_t at = data.find(','); at != std::string::npos && !whole;
       at = data.find(',', at + 1)) {
    Pair pair(data.substr(0, at), data.substr(at + 1));
    const bool first = is_there(pair.first);
    if (first && is_there(pair.second)) return pair;
    if (!found || (first && !first_is_there)) found = std::move(pair);
    first_is_there = first_is_there || first;
  }
  return found;
}

void check_rows(const Dataset& dataset) {
  const std::uint64_t rows = dataset.rows();
  for (const Field& field : dataset.fields) {
    if (field.rows() == rows) continue;
    if (dataset.targets().empty()) invalid(dataset.where, naming_cure(dataset));
    invalid(dataset.where, "'" + field.name + "' has " + counted(field.rows(), "row") + ", but '" +
                               dataset.fields.front().name + "' has " + std::to_string(rows) +
                               "; arrays that are no fields, one row a sample, have to be left "
                               "out of the file");
  }
}

void check_pair(const std::string& data, const Pair& pair) {
  if (pair.first.empty() || pair.second.empty())
    invalid(data, "names no file " + std::string(pair.first.empty() ? "before" : "behind") +
                      " the comma; expected one path, or two as features,targets");
}

Dataset from_pair(const std::string& data, const Pair& pair) {
  Dataset dataset;
  dataset.where = data;
  check_pair(data, pair);
  for (const bool is_target : {false, true}) {
    const std::string& path = is_target ? pair.second : pair.first;
    check_readable(path);
    ArrayFile file = read_array_file(path);
    if (file.arrays.size() != 1)
      invalid(path, "holds " + counted(file.arrays.size(), "array") +
                        "; 'features,targets' needs one in each file");
    NamedTensor& array = file.arrays.front();
    if (is_target)
      dataset.add(make_target({"y", std::move(array.tensor)}, path));
    else
      dataset.add(make_feature({"x", std::move(array.tensor)}, path));
  }
  return dataset;
}

// That all of these are there, and in this order.
void order_targets(Dataset& dataset, const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<Field> ordered(dataset.features().begin(), dataset.features().end());
  for (const std::string& name : names) {
    const auto targets = dataset.targets();
    const auto found = std::find_if(targets.begin(), targets.end(),
                                    [&](const Field& field) { return field.name == name; });
    if (found != targets.end()) {
      ordered.push_back(*found);
      continue;
    }
    std::string known;
    for (const Field& field : dataset.fields)
      known.append(known.empty() ? "'" : ", '").append(field.name).append("'");
    invalid(dataset.where,
            fmt::format("has no '{}', which [data] targets names; it has {}", name, known));
  }
  dataset.fields = std::move(ordered);
}

Dataset from_arrays(const std::string& data, ArrayFile file,
                    const std::vector<std::string>& targets) {
  Dataset dataset;
  dataset.where = data;
  dataset.notes = std::move(file.notes);
  const auto is_target = [&](const std::string& name) {
    return targets.empty() ? name == "y"
                           : std::find(targets.begin(), targets.end(), name) != targets.end();
  };
  for (NamedTensor& named : file.arrays) {
    const std::string where = data + ": " + named.name;
    const bool needed = named.name == "x" || named.name.empty() || is_target(named.name);
    if (is_target(named.name))
      dataset.add(make_target(std::move(named), where));
    else if (named.tensor.shape.empty() && !needed)
      dataset.notes.push_back("The array '" + named.name + "' of " + data +
                              " is left out: it is a single number.");
    else
      dataset.add(make_feature({named.name.empty() ? "x" : named.name, named.tensor}, where));
  }
  if (dataset.features().empty()) invalid(data, "has no features: an array named 'x' was expected");
  return dataset;
}

bool is_zip_of_arrays(const fs::path& path) {
  const auto file = MappedFile::open(path);
  const std::string_view text = as_text(file->bytes());
  if (text.starts_with("PK\x05\x06")) return true;  // an empty one
  if (!text.starts_with("PK\x03\x04")) return false;
  const auto zip = ZipArchive::open(path);
  const auto names = zip->names();
  if (std::any_of(names.begin(), names.end(),
                  [](const std::string& name) { return name.ends_with(".npy"); }))
    return true;
  if (const std::string kind = zip_kind(*zip); !kind.empty())
    throw Error(ErrorCode::kUnsupported, path.string(),
                kind + "; data is read from arrays, for one: numpy.savez('d.npz', x=..., y=...)");
  return false;
}

bool is_gzipped_idx(const fs::path& path) {
  const auto file = MappedFile::open(path);
  return looks_like_gzip(file->bytes()) && looks_like_idx(gunzip_start(file->bytes()));
}

// The images behind a path; null where it holds none.
std::unique_ptr<ImageFiles> find_images(const fs::path& path) {
  if (fs::is_directory(path)) return files_of_folder(path);
  if (is_zip_of_arrays(path) || is_gzipped_idx(path)) return nullptr;
  return files_of_archive(path);
}

Dataset open_path(const std::string& data, const DatasetOptions& options) {
  check_readable(data);
  if (is_text_path(data) && fs::is_regular_file(data))
    return options.tabular.given && !is_plain_text_path(data) ? read_tabular(data, options)
                                                              : read_text(data, options);
  if (const auto cifar = cifar_files(data); !cifar.empty()) return read_cifar(cifar, data);
  if (const auto images = find_images(data)) return read_class_images(*images, data, options);
  return from_arrays(data, read_array_file(data), options.targets);
}

}  // namespace

std::size_t Dataset::feature_count() const {
  const auto is_feature = [](const Field& field) { return field.role == Role::kFeature; };
  const auto end = std::partition_point(fields.begin(), fields.end(), is_feature);
  return static_cast<std::size_t>(end - fields.begin());
}

void Dataset::add(Field field) {
  const auto behind = field.role == Role::kFeature
                          ? fields.begin() + static_cast<std::ptrdiff_t>(feature_count())
                          : fields.end();
  fields.insert(behind, std::move(field));
}

Dataset make_dataset(const std::string& where, std::vector<Field> fields,
                     const std::vector<std::string>& targets) {
  ArrayFile arrays;
  for (Field& field : fields)
    arrays.arrays.push_back({std::move(field.name), std::move(field.tensor)});
  Dataset dataset = from_arrays(where, std::move(arrays), targets);
  order_targets(dataset, targets);
  check_rows(dataset);
  check_finite(dataset);
  return dataset;
}

void check_dataset_path(const std::string& data) {
  const auto pair = split_pair(data);
  if (!pair) return check_readable(data);
  check_pair(data, *pair);
  check_readable(pair->first);
  check_readable(pair->second);
}

Dataset open_dataset(const std::string& data, const DatasetOptions& options) {
  try {
    const auto pair = split_pair(data);
    Dataset dataset = pair ? from_pair(data, *pair) : open_path(data, options);
    if (options.to_inspect) return dataset;
    if (!dataset.tabular) order_targets(dataset, options.targets);
    check_rows(dataset);
    check_finite(dataset);
    return dataset;
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::kIo, data, "cannot be read: " + error.code().message());
  }
}

}  // namespace amalgam
