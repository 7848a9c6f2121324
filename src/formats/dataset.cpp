#include "amalgam/dataset.h"

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "formats/check_finite.h"
#include "formats/cifar.h"
#include "formats/class_images.h"
#include "formats/idx.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "formats/text_files.h"
#include "formats/zip.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMaxArrayBytes = std::uint64_t{256} << 30;

// Several formats keep every array under a name; those of one array have none.
using Arrays = std::vector<NamedTensor>;

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

Arrays read_npz(const fs::path& path) {
  const auto zip = ZipArchive::open(path);
  Arrays arrays;
  for (const std::string& name : zip->names()) {
    if (!name.ends_with(".npy"))
      throw Error(ErrorCode::kUnsupported, zip->where(),
                  "holds '" + name + "', which is no array; an .npz with x and y was expected");
    auto owned = std::make_shared<const Buffer>(zip->read(name, kMaxArrayBytes));
    const Bytes bytes = owned->bytes();
    const std::string stem = name.substr(0, name.size() - 4);
    arrays.push_back({stem, parse_npy(bytes, std::move(owned), zip->where() + ": " + stem)});
  }
  return arrays;
}

Arrays read_arrays(const fs::path& path) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  if (looks_like_gzip(file->bytes())) {
    auto owned = std::make_shared<std::vector<std::byte>>(gunzip(file->bytes(), path.string()));
    const Bytes bytes(*owned);
    if (!looks_like_idx(bytes))
      throw Error(ErrorCode::kUnsupported, path.string(),
                  "is gzipped, but neither IDX nor a tar archive inside");
    return {{"", parse_idx(bytes, std::move(owned), path.string())}};
  }
  if (looks_like_npy(file->bytes())) return {{"", parse_npy(file->bytes(), file, path.string())}};
  if (as_text(file->bytes()).starts_with("PK\x03\x04")) return read_npz(path);
  if (looks_like_idx(file->bytes())) return {{"", parse_idx(file->bytes(), file, path.string())}};
  if (looks_like_safetensors(path)) return read_safetensors(path);
  throw Error(ErrorCode::kUnsupported, path.string(),
              "is of no kind that is read yet: IDX (also .gz), .npz, .npy, .safetensors, CIFAR "
              "binary, class folders of images (also in tar or zip), text in .csv or .txt");
}

Field make_field(NamedTensor named, const std::string& where) {
  Field field{std::move(named.name), std::move(named.tensor)};
  if (field.tensor.shape.empty()) invalid(where, "is a single number; expected one row a sample");
  if (field.tensor.shape.front() == 0) invalid(where, "has no rows");
  if (field.width() == 0) invalid(where, "has empty rows: shape " + to_string(field.tensor.shape));
  return field;
}

Field make_feature(NamedTensor named, const std::string& where) {
  const DType dtype = named.tensor.dtype;
  const bool known = dtype == DType::kUInt8 || dtype == DType::kInt32 || dtype == DType::kInt64 ||
                     dtype == DType::kFloat32;
  if (!known)
    throw Error(ErrorCode::kUnsupported, where,
                "features are " + std::string(dtype_name(dtype)) +
                    "; save them as uint8, int32, int64 or float32 (x.astype('" +
                    (is_floating(dtype) ? "float32" : "int64") + "'))");
  return make_field(std::move(named), where);
}

template <typename T>
Tensor widen(const Tensor& tensor) {
  const auto values = view_as<T>(tensor.source->view());
  std::vector<std::byte> out(values.size() * sizeof(std::int64_t));
  for (std::size_t i = 0; i < values.size(); ++i)
    store_le<std::int64_t>(out, 8 * i, static_cast<std::int64_t>(values[i]));
  return {DType::kInt64, tensor.shape, memory_source(std::move(out))};
}

// npy data follows a header of any length, so it may lie at an odd address.
Tensor aligned(const Tensor& tensor) {
  const Bytes view = tensor.source->view();
  if (reinterpret_cast<std::uintptr_t>(view.data()) % 8 == 0) return tensor;
  return {tensor.dtype, tensor.shape, memory_source({view.begin(), view.end()})};
}

Field make_targets(NamedTensor named, const std::string& where) {
  named.tensor = aligned(named.tensor);
  Tensor& t = named.tensor;
  switch (t.dtype) {
    case DType::kUInt8:
      t = widen<std::uint8_t>(t);
      break;
    case DType::kInt8:
      t = widen<std::int8_t>(t);
      break;
    case DType::kInt16:
      t = widen<std::int16_t>(t);
      break;
    case DType::kUInt16:
      t = widen<std::uint16_t>(t);
      break;
    case DType::kInt32:
      t = widen<std::int32_t>(t);
      break;
    case DType::kUInt32:
      t = widen<std::uint32_t>(t);
      break;
    case DType::kInt64:
    case DType::kFloat32:
      break;
    default:
      throw Error(ErrorCode::kUnsupported, where,
                  "targets are " + std::string(dtype_name(t.dtype)) +
                      "; save class numbers as int64, real values as float32");
  }
  return make_field(std::move(named), where);
}

void check_rows(const Dataset& dataset) {
  const std::uint64_t rows = dataset.rows();
  auto check = [&](const Field& field, const std::string& name) {
    if (field.rows() != rows)
      invalid(dataset.where, "'" + name + "' has " + std::to_string(field.rows()) + " rows, but '" +
                                 dataset.features.front().name + "' has " + std::to_string(rows));
  };
  for (const Field& field : dataset.features) check(field, field.name);
  if (dataset.targets) check(*dataset.targets, "y");
}

Dataset from_pair(const std::string& data, std::size_t comma) {
  Dataset dataset;
  dataset.where = data;
  for (const bool is_target : {false, true}) {
    const std::string path = is_target ? data.substr(comma + 1) : data.substr(0, comma);
    Arrays arrays = read_arrays(path);
    if (arrays.size() != 1)
      invalid(path, "holds " + std::to_string(arrays.size()) +
                        " arrays; 'features,targets' needs one in each file");
    if (is_target) {
      dataset.targets = make_targets(std::move(arrays.front()), path);
    } else {
      arrays.front().name = "x";
      dataset.features.push_back(make_feature(std::move(arrays.front()), path));
    }
  }
  return dataset;
}

}  // namespace

namespace {

Dataset from_arrays(const std::string& data, Arrays arrays) {
  Dataset dataset;
  dataset.where = data;
  for (NamedTensor& named : arrays) {
    const std::string where = data + ": " + named.name;
    if (named.name == "y")
      dataset.targets = make_targets(std::move(named), where);
    else
      dataset.features.push_back(
          make_feature({named.name.empty() ? "x" : named.name, named.tensor}, where));
  }
  if (dataset.features.empty()) invalid(data, "has no features: an array named 'x' was expected");
  return dataset;
}

bool is_zip_of_arrays(const fs::path& path) {
  if (!as_text(MappedFile::open(path)->bytes()).starts_with("PK\x03\x04")) return false;
  const auto names = ZipArchive::open(path)->names();
  return std::none_of(names.begin(), names.end(), is_image_path);
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

}  // namespace

Dataset make_dataset(std::string where, std::vector<Field> fields) {
  Arrays arrays;
  for (Field& field : fields) arrays.push_back({std::move(field.name), std::move(field.tensor)});
  Dataset dataset = from_arrays(where, std::move(arrays));
  check_rows(dataset);
  check_finite(dataset);
  return dataset;
}

Dataset open_dataset(const std::string& data, const DatasetOptions& options) {
  const std::size_t comma = data.find(',');
  Dataset dataset;
  if (comma != std::string::npos && !fs::exists(data)) {
    dataset = from_pair(data, comma);
  } else if (!fs::exists(data)) {
    throw Error(ErrorCode::kIo, data, "cannot be opened: there is no such file or folder");
  } else if (is_text_path(data) && fs::is_regular_file(data)) {
    dataset = read_text(data, options);
  } else if (const auto cifar = cifar_files(data); !cifar.empty()) {
    dataset = read_cifar(cifar, data);
  } else if (const auto images = find_images(data)) {
    dataset = read_class_images(*images, data, options);
  } else {
    dataset = from_arrays(data, read_arrays(data));
  }
  check_rows(dataset);
  if (!options.keep_not_finite) check_finite(dataset);
  return dataset;
}

}  // namespace amalgam
