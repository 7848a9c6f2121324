// A safetensors file: the form in which trained weights come back from a machine that is not
// trusted.
#include "base/file.h"
#include "formats/finite.h"
#include "formats/safetensors.h"
#include "target.h"

namespace amalgam::fuzz {

namespace {

std::string file_of(const std::string& header, const std::string& data = "") {
  std::string size(8, '\0');
  store_le<std::uint64_t>(std::as_writable_bytes(std::span(size)), 0, header.size());
  return size + header + data;
}

// Where a tensor is not read from where it is mapped.
class Unmapped : public TensorSource {
 public:
  explicit Unmapped(const TensorSource& source) : source_(source) {}
  void read(std::uint64_t offset, MutableBytes out) const override { source_.read(offset, out); }

 private:
  const TensorSource& source_;
};

constexpr const char* kHeaders[] = {
    "1",
    R"({"a": 1})",
    R"({"a": {"dtype": "X", "shape": [], "data_offsets": [0, 1]}})",
    R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0]}})",
    R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 0]}})",
    R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1], "more": 1}})",
    R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}})",
    R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
        "b": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}})",
    R"({"a": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}})",
    R"({"__metadata__": 1})",
    R"({"__metadata__": {"a": 1}})",
    R"({"__metadata__": {"a": "b"}})",
};

}  // namespace

std::vector<std::string> seeds() {
  const std::vector<NamedTensor> tensors = {
      {"weight", {DType::kFloat32, {2, 3}, memory_source(std::vector<std::byte>(24))}},
      {"count", {DType::kInt64, {}, memory_source(std::vector<std::byte>(8))}},
      {"mask", {DType::kBool, {0, 7}, memory_source(std::vector<std::byte>())}}};
  std::vector<std::string> out = {safetensors_header(tensors) + std::string(32, '\0')};
  for (const char* header : kHeaders) out.push_back(file_of(header, "ab"));
  out.push_back(file_of(R"({"__metadata__": {"a": "b"}})"));
  for (const auto& [dtype, size] : {std::pair{"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}})
    out.push_back(file_of(R"({"a": {"dtype": ")" + std::string(dtype) + R"(", "shape": [)" +
                              std::to_string(16 / size) + R"(], "data_offsets": [0, 16]}})",
                          std::string(16, '\xFF')));
  out.push_back(std::string(12, '\xFF'));
  return out;
}

void run(Bytes input) {
  const InputFile file(input);
  looks_like_safetensors(file.path());
  std::vector<NamedTensor> tensors = read_safetensors_file(file.path()).tensors;
  for (const NamedTensor& named : read_safetensors(file.path())) {
    const auto runs = not_finite_runs(named.tensor);
    Tensor again = named.tensor;
    again.source = std::make_shared<Unmapped>(*named.tensor.source);
    if (not_finite_runs(again) != runs) std::abort();
  }
  sort_for_alignment(tensors);
  safetensors_header(tensors);
}

}  // namespace amalgam::fuzz
