// A whole .pt2 archive: the zip, its JSON files, the tensors. "E" and edits (edits.h) are a good
// archive with values of its JSON files exchanged, packed again with the right checksums.
#include "amalgam/model.h"
#include "archives.h"
#include "edits.h"
#include "formats/zip.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

constexpr const char* kModel = "models/model.json";
constexpr const char* kWeights = "data/weights/model_weights_config.json";
constexpr const char* kConstants = "data/constants/model_constants_config.json";
constexpr std::uint64_t kLargest = std::uint64_t{1} << 20;
constexpr const char* kGolden[] = {AMALGAM_GOLDEN "/torch-2.9.pt2",
                                   AMALGAM_GOLDEN "/torch-2.13.pt2"};

// The entries of an archive by their names below its root: JSON as such, all others as texts.
Json unpacked(const char* path) {
  const auto zip = ZipArchive::open(path);
  Json entries = Json::object();
  for (const std::string& name : zip->names()) {
    const Buffer content = zip->read(name, kLargest);
    const std::string text(as_text(content.bytes()));
    const std::string below = name.substr(name.find('/') + 1);
    if (below.ends_with(".pt")) continue;  // samples, which are not read
    entries[below] =
        below.ends_with(".json") ? Json::parse(text) : Json::binary({text.begin(), text.end()});
  }
  return entries;
}

std::string packed(const Json& entries) {
  std::vector<Entry> files;
  for (const auto& [name, content] : entries.items()) {
    std::string text;
    if (content.is_binary())
      text.assign(content.get_binary().begin(), content.get_binary().end());
    else
      text = content.dump(-1, ' ', false, Json::error_handler_t::replace);
    files.push_back({"m/" + name, text});
  }
  return zip_of(files);
}

const Json& golden() {
  static const Json entries = unpacked(kGolden[1]);
  return entries;
}

std::string from_edits(Bytes edits) {
  Json entries = golden();
  if (edits.empty()) return packed(entries);
  static constexpr const char* kEdited[] = {kWeights, kConstants, kModel};
  Json& file = entries[kEdited[std::to_integer<std::size_t>(edits[0]) % 3]];
  file = edited(file, edits.subspan(1));
  return packed(entries);
}

struct Change {
  const char* file;
  const char* pointer;
  const char* value;
};

#define META "/config/conv.weight/tensor_meta"

constexpr Change kChanges[] = {
    {kModel, "/schema_version/major", "7"},
    {kModel, "/torch_version", "7"},
    {kModel, "/graph_module", "removed"},
    {kWeights, "/config", "3"},
    {kWeights, "/config/frozen", "removed"},
    {kWeights, "/config/conv.weight/use_pickle", "true"},
    {kWeights, "/config/conv.weight/path_name", R"("nowhere")"},
    {kWeights, META "/layout", "1"},
    {kWeights, META "/dtype", "99"},
    {kWeights, META "/dtype", R"("float")"},
    {kWeights, META "/sizes/0", R"({"as_expr": {}})"},
    {kWeights, META "/sizes/0", R"({"as_int": 200})"},
    {kWeights, META "/sizes/0", R"({"as_int": 0})"},
    {kWeights, META "/strides", "[]"},
    // Elements that lie apart.
    {kWeights, META "/strides", R"([{"as_int": 1}, {"as_int": 1}, {"as_int": 2}, {"as_int": 6}])"},
    {kConstants, "/config/lifted/tensor_meta/strides/0", R"({"as_int": 0})"},
};

void read_all(const Tensor& tensor) {
  if (!tensor.source || tensor.bytes() > kLargest) return;
  std::vector<std::byte> bytes(tensor.bytes());
  tensor.source->read(0, bytes);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out = {file_text(kGolden[0]), file_text(kGolden[1]), packed(golden())};
  for (const Change& change : kChanges) {
    Json entries = golden();
    entries[change.file] = changed(entries[change.file], change.pointer, change.value);
    out.push_back(packed(entries));
  }
  // Each dtype that a tensor may have.
  for (std::size_t dtype = 1; dtype < 36; ++dtype) {
    Json entries = golden();
    entries[kConstants] = changed(entries[kConstants], "/config/lifted/tensor_meta/dtype",
                                  std::to_string(dtype).c_str());
    out.push_back(packed(entries));
  }
  for (const char* name : {kWeights, "data/weights/weight_1", "byteorder"}) {
    Json entries = golden();
    entries.erase(name);
    out.push_back(packed(entries));
  }
  Json big = golden();
  big["byteorder"] = Json::binary({'b', 'i', 'g'});
  out.push_back(packed(big));
  out.push_back(zip_of({{"m/serialized_exported_program.json", "{}"}}));
  out.push_back(zip_of({{"m/other", "1"}, {"m/other", "2"}}));
  std::string damaged = packed(golden());
  damaged[damaged.find("weight_1") + 40] ^= 1;  // so that a checksum does not fit
  out.push_back(damaged);
  out.push_back(std::string("E0\x06\0\x07\0\0", 7));
  out.push_back(std::string("E2\x30\0\xFF\x40\0\x60\0\x01\0\0", 12));
  return out;
}

void run(Bytes input) {
  const bool edits = as_text(input).starts_with("E");
  const std::string archive = edits ? from_edits(input.subspan(1)) : std::string();
  const InputFile file(edits ? as_bytes(archive) : input);
  const Model model = read_model({file.path()});
  for (const ModelTensor& tensor : model.tensors) read_all(tensor.tensor);
}

}  // namespace amalgam::fuzz
