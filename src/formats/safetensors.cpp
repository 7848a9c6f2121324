#include "formats/safetensors.h"

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

namespace amalgam {
namespace {

struct Entry {
  std::string name;
  DType dtype;
  Shape shape;
  std::uint64_t begin, end;
};

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

Entry parse_entry(const std::string& name, const Json& value, const std::string& file) {
  const std::string where = file + ": tensor '" + name + "'";
  Entry entry{name, DType::kUInt8, {}, 0, 0};
  const std::string dtype = json_string(value, "dtype", where);
  const auto known = dtype_from_safetensors(dtype);
  if (!known) damaged(where, "has the unknown dtype '" + dtype + "'");
  entry.dtype = *known;
  const Json& shape = json_array(value, "shape", where);
  check_limit(shape.size(), kArrayDimensions, where);
  for (const Json& size : shape) entry.shape.push_back(json_unsigned(size, where + "/shape"));
  const Json& offsets = json_array(value, "data_offsets", where);
  if (offsets.size() != 2) damaged(where, "data_offsets must be two numbers");
  entry.begin = json_unsigned(offsets[0], where + "/data_offsets");
  entry.end = json_unsigned(offsets[1], where + "/data_offsets");
  const std::uint64_t expected =
      checked_mul(element_count(entry.shape), dtype_size(entry.dtype), where);
  if (entry.end < entry.begin || entry.end - entry.begin != expected)
    damaged(where, "data_offsets do not match shape and dtype: expected " +
                       std::to_string(expected) + " bytes");
  if (value.size() != 3) damaged(where, "has fields other than dtype, shape and data_offsets");
  return entry;
}

void check_cover(std::vector<Entry>& entries, std::uint64_t data_bytes, const std::string& file) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin < at) damaged(file, "tensor '" + entry.name + "' overlaps the one before it");
    if (entry.begin > at) damaged(file, "there is a hole in front of tensor '" + entry.name + "'");
    at = entry.end;
  }
  if (at != data_bytes)
    damaged(file, "the tensors take " + std::to_string(at) + " bytes but the file holds " +
                      std::to_string(data_bytes) + (at > data_bytes ? ": it is cut short" : ""));
}

struct Header {
  std::uint64_t bytes = 0;
  std::vector<Entry> entries;
  Json metadata;
};

Header parse_header(Bytes bytes, const std::string& file) {
  Header parsed;
  std::uint64_t& header_bytes = parsed.bytes;
  if (bytes.size() < 8) damaged(file, "is too short to be a safetensors file");
  header_bytes = load_le<std::uint64_t>(bytes);
  if (header_bytes > kMaxSafetensorsHeader || header_bytes > bytes.size() - 8)
    damaged(file, "is not a safetensors file: its header would be " + std::to_string(header_bytes) +
                      " bytes long (a pickled .pt file is never read; save with safetensors)");
  const Json header = parse_json(bytes.subspan(8, header_bytes), file + ": header");
  if (!header.is_object()) damaged(file, "the header is not a JSON object");
  for (const auto& [name, value] : header.items())
    if (name == "__metadata__")
      parsed.metadata = value;
    else
      parsed.entries.push_back(parse_entry(name, value, file));
  check_cover(parsed.entries, bytes.size() - 8 - header_bytes, file);
  return parsed;
}

std::vector<NamedTensor> tensors_of(std::vector<Entry> entries, std::uint64_t header_bytes,
                                    const std::shared_ptr<const MappedFile>& file) {
  std::vector<NamedTensor> tensors;
  for (Entry& entry : entries) {
    const Bytes bytes =
        file->bytes().subspan(8 + header_bytes + entry.begin, entry.end - entry.begin);
    tensors.push_back(
        {std::move(entry.name), {entry.dtype, std::move(entry.shape), view_source(bytes, file)}});
  }
  return tensors;
}

}  // namespace

std::vector<NamedTensor> read_safetensors(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  Header header = parse_header(file->bytes(), path.string());
  return tensors_of(std::move(header.entries), header.bytes, file);
}

SafetensorsFile read_safetensors_file(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  Header header = parse_header(file->bytes(), path.string());
  SafetensorsFile read{tensors_of(std::move(header.entries), header.bytes, file), {}};
  if (header.metadata.is_null()) return read;
  if (!header.metadata.is_object()) damaged(path.string(), "__metadata__ is not a JSON object");
  for (const auto& [name, value] : header.metadata.items()) {
    if (!value.is_string()) damaged(path.string(), "__metadata__ holds more than texts");
    read.metadata[name] = value.get<std::string>();
  }
  return read;
}

bool looks_like_safetensors(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  return bytes.size() > 8 && load_le<std::uint64_t>(bytes) <= kMaxSafetensorsHeader &&
         bytes[8] == std::byte{'{'};
}

std::string safetensors_header(const std::vector<NamedTensor>& tensors) {
  Json header = Json::object();
  header["__metadata__"] = {{"format", "pt"}};
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t end = at + tensor.bytes();
    json_append(header, name,
                {{"dtype", dtype_safetensors(tensor.dtype)},
                 {"shape", tensor.shape},
                 {"data_offsets", {at, end}}});
    at = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string out(8, '\0');
  store_le<std::uint64_t>(std::as_writable_bytes(std::span(out)), 0, text.size());
  return out + text;
}

std::uint64_t safetensors_bytes(const std::vector<NamedTensor>& tensors) {
  std::uint64_t bytes = safetensors_header(tensors).size();
  for (const NamedTensor& named : tensors) bytes += named.tensor.bytes();
  return bytes;
}

void sort_for_alignment(std::vector<NamedTensor>& tensors) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return dtype_size(a.tensor.dtype) > dtype_size(b.tensor.dtype);
  });
}

}  // namespace amalgam
