#include "job/files.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "scratch.h"

namespace amalgam {
namespace {

void expect_same_form(const ManifestFile& a, const ManifestFile& b) {
  EXPECT_EQ(a.bytes, b.bytes);
  ASSERT_EQ(a.digests.size(), b.digests.size());
  for (std::size_t i = 0; i < a.digests.size(); ++i)
    EXPECT_EQ(a.digests[i].size(), b.digests[i].size());
}

// As train.py digests them, piece by piece.
TEST(JobFiles, TextsOfSeveralPieces) {
  const ScratchFolder scratch;
  JobFolder folder(scratch.path(), 1, nullptr);
  JobSizes sizes;
  for (const std::uint64_t size : {std::uint64_t{1}, kDigestPiece, kDigestPiece + 1}) {
    const std::string name = std::to_string(size), text(size, 'x');
    const ManifestFile file = folder.text(name, text);
    EXPECT_EQ(file.digests, piece_digests(as_bytes(text), kDigestPiece));
    EXPECT_EQ(MappedFile::open(scratch / name)->bytes().size(), file.bytes);
    expect_same_form(file, sizes.text(name, text));
  }
}

TEST(JobFiles, TensorsWithoutValuesAreAsLarge) {
  const ScratchFolder scratch;
  JobFolder folder(scratch.path(), 1, nullptr);
  JobSizes sizes;
  for (const std::uint64_t rows : {std::uint64_t{0}, std::uint64_t{3}, kDigestPiece}) {
    std::vector<NamedTensor> tensors = {
        {"x", {DType::kUInt8, {rows}, memory_source(std::vector<std::byte>(rows))}}};
    const ManifestFile file = folder.tensors(std::to_string(rows), tensors);
    tensors[0].tensor.source = nullptr;
    expect_same_form(file, sizes.tensors("", tensors));
  }
}

}  // namespace
}  // namespace amalgam
