#include "formats/pt2.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "base/limits.h"
#include "formats/readable.h"
#include "formats/zip.h"
#include "formats/zip_kinds.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kSchemaMajor = 8;
constexpr std::uint64_t kSchemaMinorLeast = 14;

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}
[[noreturn]] void unsupported(const std::string& where, std::string what) {
  throw Error(ErrorCode::kUnsupported, where, std::move(what));
}

constexpr const char* kExport =
    "; expected a file of torch.export.save(torch.export.export(model, ...), 'model.pt2')";

// The name of the archive's root folder, whatever the file was called when it was saved.
std::string find_root(const ZipArchive& zip) {
  for (const std::string& name : zip.names())
    if (name.ends_with("/models/model.json")) return name.substr(0, name.size() - 17);
  for (const std::string& name : zip.names())
    if (name.ends_with("serialized_exported_program.json"))
      unsupported(zip.where(),
                  "was saved by PyTorch 2.7 or earlier; export again with 2.9 to 2.13");
  const std::string kind = zip_kind(zip);
  damaged(zip.where(), (kind.empty() ? "" : kind + "; it ") +
                           "is no torch.export archive: it has no models/model.json" + kExport);
}

Json read_json(const ZipArchive& zip, const std::string& name) {
  return parse_json(zip.read(name, kJsonBytes.most).bytes(), zip.where() + ": " + name);
}

void check_version(const ZipArchive& zip, const std::string& root, const Json& program) {
  const std::string& where = zip.where();
  if (zip.has(root + "byteorder") && as_text(zip.read(root + "byteorder", 64).bytes()) != "little")
    unsupported(where, "was saved on a big-endian machine");
  const Json& version = json_member(program, "schema_version", where);
  const auto major =
      json_unsigned(json_member(version, "major", where), where + ": schema_version");
  const auto minor =
      json_unsigned(json_member(version, "minor", where), where + ": schema_version");
  std::string torch = "an unknown PyTorch";
  if (program.contains("torch_version") && program["torch_version"].is_string())
    torch = "PyTorch " + program["torch_version"].get<std::string>().substr(0, 32);
  const bool old_layout = !zip.has(root + "data/weights/model_weights_config.json");
  if (major != kSchemaMajor || minor < kSchemaMinorLeast || old_layout)
    unsupported(where, fmt::format("has schema {}.{} ({}); supported are 8.14 to 8.20, that is "
                                   "PyTorch 2.9 to 2.13: export again with one of these",
                                   major, minor, torch));
}

std::uint64_t fixed_size(const Json& size, const std::string& where) {
  if (!size.is_object() || !size.contains("as_int"))
    damaged(where, "a stored tensor must have fixed sizes");
  return json_unsigned(size["as_int"], where);
}

// Reads a tensor whose elements lie apart in its storage, and closes the gaps.
class StridedSource : public TensorSource {
 public:
  StridedSource(Bytes storage, std::shared_ptr<const void> owner, std::uint64_t first, Shape shape,
                Shape strides, std::uint64_t item)
      : storage_(storage),
        owner_(std::move(owner)),
        first_(first),
        shape_(std::move(shape)),
        strides_(std::move(strides)),
        item_(item) {}

  void read(std::uint64_t offset, MutableBytes out) const override {
    // Pieces begin and end on elements: the writers' pieces are multiples of 8 bytes.
    for (std::size_t at = 0; at < out.size(); at += item_)
      std::memcpy(out.data() + at, storage_.data() + position((offset + at) / item_) * item_,
                  item_);
  }

 private:
  std::uint64_t position(std::uint64_t element) const {
    std::uint64_t at = first_;
    for (std::size_t d = shape_.size(); d-- > 0;) {
      at += element % shape_[d] * strides_[d];
      element /= shape_[d];
    }
    return at;
  }

  Bytes storage_;
  std::shared_ptr<const void> owner_;
  std::uint64_t first_;
  Shape shape_, strides_;
  std::uint64_t item_;
};

class StoredTensors {
 public:
  explicit StoredTensors(const ZipArchive& zip) : zip_(zip) {}

  Pt2Tensor make(const std::string& entry, const Json& meta, const std::string& where) {
    Pt2Tensor out;
    const std::string meta_where = where + "/tensor_meta";
    out.tensor.dtype = dtype_from_schema(number(meta, "dtype", meta_where), meta_where);
    if (number(meta, "layout", meta_where) != 7)
      unsupported(where, "is not a dense (strided) tensor");
    const Json& grad = json_member(meta, "requires_grad", meta_where);
    out.requires_grad = grad.is_boolean() && grad.get<bool>();
    for (const Json& size : json_array(meta, "sizes", meta_where))
      out.tensor.shape.push_back(fixed_size(size, meta_where + "/sizes"));
    Shape strides;
    for (const Json& stride : json_array(meta, "strides", meta_where))
      strides.push_back(fixed_size(stride, meta_where + "/strides"));
    const std::uint64_t first =
        fixed_size(json_member(meta, "storage_offset", meta_where), meta_where);
    check_limit(strides.size(), kArrayDimensions, meta_where + "/strides");
    if (strides.size() != out.tensor.shape.size())
      damaged(meta_where, "sizes and strides do not match");
    out.tensor.source = source(entry, out.tensor, strides, first, where);
    out.strides = strides;
    out.identity = fmt::format("{}+{} {} {} {}", entry, first, to_string(out.tensor.shape),
                               to_string(strides), dtype_name(out.tensor.dtype));
    return out;
  }

 private:
  static std::int64_t number(const Json& meta, const char* key, const std::string& where) {
    const Json& value = json_member(meta, key, where);
    if (!value.is_number_integer()) damaged(where + "/" + key, "expected a number");
    return value.get<std::int64_t>();
  }

  std::shared_ptr<const TensorSource> source(const std::string& entry, const Tensor& tensor,
                                             const Shape& strides, std::uint64_t first,
                                             const std::string& where) {
    const std::uint64_t item = dtype_size(tensor.dtype);
    const std::uint64_t count = element_count(tensor.shape);
    checked_mul(count, item, where);
    if (count == 0) return memory_source(std::vector<std::byte>());
    std::uint64_t last = first, dense = 1;
    bool contiguous = true;
    for (std::size_t d = strides.size(); d-- > 0;) {
      last = checked_add(last, checked_mul(tensor.shape[d] - 1, strides[d], where), where);
      contiguous = contiguous && (tensor.shape[d] == 1 || strides[d] == dense);
      dense = checked_mul(dense, tensor.shape[d], where);
    }
    const std::uint64_t needed = checked_mul(checked_add(last, 1, where), item, where);
    if (needed > zip_.size(entry))
      damaged(where,
              fmt::format("needs {} bytes of '{}', which has {}", needed, entry, zip_.size(entry)));
    auto storage = storages_.find(entry);
    if (storage == storages_.end()) storage = storages_.emplace(entry, zip_.stored(entry)).first;
    const Bytes bytes = storage->second;
    if (contiguous) return view_source(bytes.subspan(first * item, count * item), zip_.owner());
    return std::make_shared<StridedSource>(bytes, zip_.owner(), first, tensor.shape, strides, item);
  }

  const ZipArchive& zip_;
  std::map<std::string, Bytes> storages_;
};

std::map<std::string, Pt2Tensor> read_tensors(const ZipArchive& zip, const std::string& root,
                                              const std::string& folder,
                                              const std::string& config) {
  std::map<std::string, Pt2Tensor> tensors;
  const std::string name = root + folder + config;
  if (!zip.has(name)) return tensors;
  const Json root_json = read_json(zip, name);
  const std::string where = zip.where() + ": " + name;
  const Json& entries = json_member(root_json, "config", where);
  if (!entries.is_object()) damaged(where, "expected an object under 'config'");
  StoredTensors stored(zip);
  for (const auto& [fqn, meta] : entries.items()) {
    const std::string at = zip.where() + ": tensor '" + fqn + "'";
    const Json& pickled = json_member(meta, "use_pickle", at);
    if (!pickled.is_boolean() || pickled.get<bool>())
      unsupported(at, "is pickled (a custom object or tensor subclass), which is never read");
    const std::string entry = root + folder + json_string(meta, "path_name", at);
    if (!zip.has(entry)) damaged(at, "lacks its data, the entry '" + entry + "'");
    tensors.emplace(fqn, stored.make(entry, json_member(meta, "tensor_meta", at), at));
  }
  return tensors;
}

}  // namespace

DType dtype_from_schema(std::int64_t number, const std::string& where) {
  switch (number) {
    case 1:
      return DType::kUInt8;
    case 2:
      return DType::kInt8;
    case 3:
      return DType::kInt16;
    case 4:
      return DType::kInt32;
    case 5:
      return DType::kInt64;
    case 6:
      return DType::kFloat16;
    case 7:
      return DType::kFloat32;
    case 8:
      return DType::kFloat64;
    case 10:
      return DType::kComplex64;
    case 12:
      return DType::kBool;
    case 13:
      return DType::kBFloat16;
    case 28:
      return DType::kUInt16;
    case 29:
      return DType::kFloat8E4M3;
    case 30:
      return DType::kFloat8E5M2;
    case 34:
      return DType::kUInt32;
    case 35:
      return DType::kUInt64;
    default:
      unsupported(where, fmt::format("has dtype number {}, which is not supported", number));
  }
}

Pt2Archive read_pt2(const std::filesystem::path& path) {
  check_readable(path.string());
  const bool folder = std::filesystem::is_directory(path);
  if (folder || !as_text(MappedFile::open(path)->bytes()).starts_with("PK"))
    damaged(path.string(), std::string(folder ? "is a folder, and " : "") +
                               "is no torch.export archive: it is no zip archive" + kExport);
  const auto zip = ZipArchive::open(path);
  const std::string root = find_root(*zip);
  Pt2Archive archive;
  archive.where = path.string();
  archive.program = read_json(*zip, root + "models/model.json");
  check_version(*zip, root, archive.program);
  archive.weights = read_tensors(*zip, root, "data/weights/", "model_weights_config.json");
  archive.constants = read_tensors(*zip, root, "data/constants/", "model_constants_config.json");
  return archive;
}

}  // namespace amalgam
