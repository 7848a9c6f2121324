#include "base/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/leftovers.h"
#include "scratch.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

class TemporaryFolderTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("TMPDIR", folder_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("TMPDIR"); }
  // As a killed run leaves it: nobody holds its lock.
  fs::path leave(const char* name) const {
    fs::create_directories(folder_ / name / "inner");
    write_text(folder_ / name / "inner" / "rows.npy", "secret");
    return folder_ / name;
  }
  ScratchFolder folder_;
};

TEST_F(TemporaryFolderTest, GoesWhenItIsDoneWith) {
  fs::path path;
  {
    const TemporaryFolder folder("verify");
    path = folder.path();
    EXPECT_EQ(path.parent_path(), folder_.path());
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    write_text(path / "x", "x");
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(TemporaryFolderTest, RemovesWhatKilledRunsLeft) {
  const fs::path left = leave("amalgam-verify-0123456789ab");
  const fs::path others[] = {leave("amalgam-audit-0123456789ab"), leave("amalgam-verify-mine"),
                             leave("amalgam-verify-0123456789abc")};
  take_removed_leftovers();
  const TemporaryFolder folder("verify");
  EXPECT_FALSE(fs::exists(left));
  for (const fs::path& other : others) EXPECT_TRUE(fs::exists(other)) << other;
  EXPECT_EQ(take_removed_leftovers(), std::vector<fs::path>{left});
}

TEST_F(TemporaryFolderTest, LeavesThoseOfLivingRuns) {
  const TemporaryFolder one("verify"), other("verify");
  EXPECT_TRUE(fs::exists(one.path()));
  EXPECT_NE(one.path(), other.path());
  EXPECT_TRUE(take_removed_leftovers().empty());
}

}  // namespace
}  // namespace amalgam
