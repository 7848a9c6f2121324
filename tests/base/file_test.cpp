#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace amalgam {
namespace {
namespace fs = std::filesystem;

class StagedOutputTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "amalgam-test-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }
  fs::path folder_;
};

void write(const fs::path& path, const char* text) {
  OutputFile out(path);
  out.write(text);
  out.close();
}

TEST_F(StagedOutputTest, LeavesNothingWithoutCommit) {
  {
    StagedOutput output(folder_ / "job", StagedOutput::Kind::kFolder);
    write(output.path() / "a", "x");
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(StagedOutputTest, CommitRenames) {
  StagedOutput output(folder_ / "file", StagedOutput::Kind::kFile);
  write(output.path(), "x");
  EXPECT_FALSE(fs::exists(folder_ / "file"));
  output.commit();
  EXPECT_TRUE(fs::exists(folder_ / "file"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(StagedOutputTest, NeverReplaces) {
  write(folder_ / "file", "old");
  EXPECT_THROW(StagedOutput(folder_ / "file", StagedOutput::Kind::kFile), Error);
  StagedOutput output(folder_ / "late", StagedOutput::Kind::kFile);
  write(output.path(), "new");
  write(folder_ / "late", "old");
  EXPECT_THROW(output.commit(), Error);
  std::string text;
  std::ifstream(folder_ / "late") >> text;
  EXPECT_EQ(text, "old");
}

TEST_F(StagedOutputTest, BothOrNeither) {
  StagedOutput first(folder_ / "first", StagedOutput::Kind::kFile);
  StagedOutput second(folder_ / "second", StagedOutput::Kind::kFile);
  write(first.path(), "1");
  write(second.path(), "2");
  write(folder_ / "second", "taken");
  StagedOutput* both[] = {&first, &second};
  EXPECT_THROW(commit_together(both), Error);
  EXPECT_FALSE(fs::exists(folder_ / "first"));
}

TEST_F(StagedOutputTest, RefusesAFolderThatIsNotThere) {
  EXPECT_THROW(StagedOutput(folder_ / "no" / "job", StagedOutput::Kind::kFolder), Error);
}

TEST_F(StagedOutputTest, KeysAreForTheirOwnerAlone) {
  OutputFile out(folder_ / "key", 0600);
  out.close();
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

}  // namespace
}  // namespace amalgam
