#include "base/staged_output.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/file.h"
#include "base/leftovers.h"
#include "scratch.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

class StagedOutputTest : public testing::Test {
 protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }
  ScratchFolder folder_;
};

TEST_F(StagedOutputTest, LeavesNothingWithoutCommit) {
  {
    StagedOutput output(folder_ / "job", StagedOutput::Kind::kFolder);
    write_text(output.path() / "a", "x");
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(StagedOutputTest, CommitRenames) {
  StagedOutput output(folder_ / "file", StagedOutput::Kind::kFile);
  write_text(output.path(), "x");
  EXPECT_FALSE(fs::exists(folder_ / "file"));
  output.commit();
  EXPECT_TRUE(fs::exists(folder_ / "file"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(StagedOutputTest, NeverReplaces) {
  write_text(folder_ / "file", "old");
  EXPECT_THROW(StagedOutput(folder_ / "file", StagedOutput::Kind::kFile), Error);
  StagedOutput output(folder_ / "late", StagedOutput::Kind::kFile);
  write_text(output.path(), "new");
  write_text(folder_ / "late", "old");
  EXPECT_THROW(output.commit(), Error);
  EXPECT_EQ(text_of(folder_ / "late"), "old");
}

TEST_F(StagedOutputTest, BothOrNeither) {
  StagedOutput first(folder_ / "first", StagedOutput::Kind::kFile);
  StagedOutput second(folder_ / "second", StagedOutput::Kind::kFile);
  write_text(first.path(), "1");
  write_text(second.path(), "2");
  write_text(folder_ / "second", "taken");
  StagedOutput* both[] = {&first, &second};
  EXPECT_THROW(commit_together(both), Error);
  EXPECT_FALSE(fs::exists(folder_ / "first"));
}

// As a killed run leaves it: nobody holds its lock.
fs::path leave(const ScratchFolder& folder, const std::string& name) {
  const fs::path left = folder / ("." + name + ".incomplete-0123456789ab");
  fs::create_directory(left);
  write_text(left / "content", "secret");
  return left;
}

TEST_F(StagedOutputTest, RemovesWhatAKilledRunLeftOfIt) {
  const fs::path left = leave(folder_, "key"), other = leave(folder_, "other");
  take_removed_leftovers();
  StagedOutput output(folder_ / "key", StagedOutput::Kind::kFile);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(other));
  EXPECT_EQ(take_removed_leftovers(), std::vector<fs::path>{left});
  EXPECT_TRUE(take_removed_leftovers().empty());
}

TEST_F(StagedOutputTest, RemovesItAlsoWhereTheOutputIsThere) {
  const fs::path left = leave(folder_, "key");
  write_text(folder_ / "key", "x");
  EXPECT_THROW(StagedOutput(folder_ / "key", StagedOutput::Kind::kFile), Error);
  EXPECT_FALSE(fs::exists(left));
}

TEST(DISABLED_OtherRun, Stages) {
  StagedOutput output(std::getenv("AMALGAM_OTHER_RUN"), StagedOutput::Kind::kFolder);
  EXPECT_TRUE(take_removed_leftovers().empty());
}

TEST_F(StagedOutputTest, LeavesWhatALivingRunWrites) {
  StagedOutput output(folder_ / "job", StagedOutput::Kind::kFolder);
  write_text(output.path() / "a", "x");
  ::setenv("AMALGAM_OTHER_RUN", (folder_ / "job").c_str(), 1);
  const pid_t child = ::fork();
  if (child == 0) {
    // In a process of its own, which is another run (this one knows its own outputs).
    ::execl("/proc/self/exe", "other run", "--gtest_filter=DISABLED_OtherRun.Stages",
            "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::unsetenv("AMALGAM_OTHER_RUN");
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::exists(output.path() / "a"));
  output.commit();
  EXPECT_TRUE(fs::exists(folder_ / "job" / "a"));
}

TEST_F(StagedOutputTest, NamesThatLookAlikeAreNotLeftovers) {
  const fs::path names[] = {folder_ / ".key.incomplete-", folder_ / ".key.incomplete-0123456789ax",
                            folder_ / ".key.incomplete-0123456789ab0",
                            folder_ / ".key.tokenizer.incomplete-0123456789ab"};
  for (const fs::path& name : names) fs::create_directory(name);
  StagedOutput output(folder_ / "key", StagedOutput::Kind::kFile);
  for (const fs::path& name : names) EXPECT_TRUE(fs::exists(name)) << name;
}

TEST_F(StagedOutputTest, NamesAsLongAsTheyMayBe) {
  for (const std::string& name : {std::string(255, 'j'), std::string("a\nb\x1b[2J"),
                                  std::string(85, 'x') + "\xE2\x82\xAC" + std::string(140, 'y')}) {
    StagedOutput output(folder_ / name, StagedOutput::Kind::kFile);
    write_text(output.path(), "x");
    output.commit();
    EXPECT_TRUE(fs::exists(folder_ / name));
  }
  EXPECT_THROW(StagedOutput(folder_ / std::string(256, 'j'), StagedOutput::Kind::kFile), Error);
  EXPECT_THROW(StagedOutput("", StagedOutput::Kind::kFile), Error);
}

TEST_F(StagedOutputTest, LongNamesThatBeginAlikeAreToldApart) {
  const std::string name(200, 'j');
  StagedOutput first(folder_ / (name + "1"), StagedOutput::Kind::kFile);
  const std::string hidden = first.path().parent_path().filename().string();
  StagedOutput second(folder_ / (name + "2"), StagedOutput::Kind::kFile);
  const std::string other = second.path().parent_path().filename().string();
  EXPECT_NE(hidden.substr(0, hidden.rfind('-')), other.substr(0, other.rfind('-')));
}

TEST_F(StagedOutputTest, NothingIsWrittenIntoAJob) {
  fs::create_directories(folder_ / "job" / "data");
  write_text(folder_ / "job" / "job.json", "{}");
  write_text(folder_ / "job" / "train.py", "");
  fs::create_directory_symlink(folder_ / "job" / "data", folder_ / "link");
  for (const char* name : {"job/x", "job/data/x", "link/x", "job/data/../x", "job/./x"})
    EXPECT_THROW(StagedOutput(folder_ / name, StagedOutput::Kind::kFile), Error) << name;
  StagedOutput beside(folder_ / "x", StagedOutput::Kind::kFile);
}

TEST_F(StagedOutputTest, TwoOutputsHaveTwoPlaces) {
  fs::create_directory_symlink(folder_.path(), folder_ / "self");
  StagedOutput output(folder_ / "page", StagedOutput::Kind::kFolder);
  for (const char* name : {"page", "./page", "self/page"})
    EXPECT_THROW(StagedOutput(folder_ / name, StagedOutput::Kind::kFile), Error) << name;
}

TEST_F(StagedOutputTest, MessagesNameThePlaceTheUserKnows) {
  StagedOutput output(folder_ / "job", StagedOutput::Kind::kFolder);
  EXPECT_EQ(shown_path(output.path() / "data/a"), (folder_ / "job/data/a").string());
  EXPECT_EQ(shown_path(folder_ / "other"), (folder_ / "other").string());
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
