#include "formats/safetensors.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "scratch.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

class SafetensorsTest : public testing::Test {
 protected:
  fs::path write(const std::string& header, std::size_t data) {
    const fs::path path = folder_ / std::to_string(count_++);
    std::string text(8, '\0');
    store_le<std::uint64_t>(std::as_writable_bytes(std::span(text)), 0, header.size());
    write_text(path, text + header + std::string(data, '\x02'));
    return path;
  }
  void refused(const std::string& header, std::size_t data) {
    EXPECT_THROW(read_safetensors(write(header, data)), Error) << header;
  }
  ScratchFolder folder_;
  int count_ = 0;
};

TEST_F(SafetensorsTest, WritesWhatItReads) {
  std::vector<NamedTensor> tensors = {
      {"bytes", {DType::kUInt8, {3}, memory_source(std::vector<std::byte>(3, std::byte{7}))}},
      {"longs", {DType::kInt64, {2, 1}, memory_source(std::vector<std::byte>(16, std::byte{1}))}},
      {"empty", {DType::kFloat32, {0, 4}, memory_source(std::vector<std::byte>())}},
      {"scalar", {DType::kFloat32, {}, memory_source(std::vector<std::byte>(4))}}};
  sort_for_alignment(tensors);
  EXPECT_EQ(tensors.front().name, "longs");
  const WrittenFile written = write_safetensors(folder_ / "f", tensors);
  EXPECT_EQ(written.bytes, fs::file_size(folder_ / "f"));
  ASSERT_EQ(written.digests.size(), 1u);
  EXPECT_EQ(to_hex(written.digests[0]),
            to_hex(Blake2b().update(MappedFile::open(folder_ / "f")->bytes()).finish()));
  const auto read = read_safetensors(folder_ / "f");
  ASSERT_EQ(read.size(), 4u);
  for (const NamedTensor& named : read) {
    if (named.name != "longs") continue;
    EXPECT_EQ(named.tensor.shape, (Shape{2, 1}));
    EXPECT_EQ(named.tensor.source->view().size(), 16u);
  }
}

TEST_F(SafetensorsTest, RefusesEveryBrokenHeader) {
  EXPECT_NO_THROW(
      read_safetensors(write(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 2)));
  refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1);
  refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3);
  refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3);
  refused(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}})", 2);
  refused(R"({"a":{"dtype":"Q9","shape":[2],"data_offsets":[0,2]}})", 2);
  refused(R"({"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}})", 2);
  refused(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296,2],"data_offsets":[0,2]}})", 2);
  refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}})", 2);
  refused(
      R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
      3);
  refused(
      R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
      2);
  refused(R"({"a":{"dtype":"U8","shape":[2]}})", 2);
  refused(R"([])", 0);
  refused(R"({"a":)", 0);
}

TEST_F(SafetensorsTest, RefusesAHeaderLongerThanTheFile) {
  const fs::path path = folder_ / "long";
  write_text(path, std::string(8, '\xff') + "{}");
  EXPECT_THROW(read_safetensors(path), Error);
}

}  // namespace
}  // namespace amalgam
