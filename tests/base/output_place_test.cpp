#include "base/output_place.h"

#include <gtest/gtest.h>

#include "amalgam/error.h"
#include "base/staged_output.h"
#include "scratch.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

class OutputPlaceTest : public testing::Test {
 protected:
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
  }
  ScratchFolder folder_;
};

TEST_F(OutputPlaceTest, NothingIsWrittenOrRemoved) {
  fs::create_directory(folder_ / ".job.incomplete-0123456789ab");  // of a killed run
  const OutputPlace place(folder_ / "job" / "");
  place.check_writable();
  EXPECT_EQ(place.path(), folder_ / "job");
  EXPECT_EQ(place.folder(), folder_.path());
  EXPECT_EQ(entries(), 1u);
}

TEST_F(OutputPlaceTest, OfOneOutputAlone) {
  {
    const OutputPlace place(folder_ / "job");
    EXPECT_THROW(OutputPlace(folder_ / "." / "job"), Error);
    EXPECT_THROW(StagedOutput(folder_ / "job", StagedOutput::Kind::kFile), Error);
  }
  const StagedOutput output(folder_ / "job", StagedOutput::Kind::kFolder);
  EXPECT_THROW(OutputPlace(folder_ / "job"), Error);
}

TEST_F(OutputPlaceTest, RefusesWhatCanNotBeWritten) {
  fs::create_directory_symlink("nowhere", folder_ / "link");
  EXPECT_THROW(OutputPlace(folder_ / "link"), Error);
  EXPECT_THROW(OutputPlace(folder_ / "no" / "job"), Error);
  EXPECT_THROW(OutputPlace(folder_ / std::string(256, 'j')), Error);
  EXPECT_THROW(OutputPlace(""), Error);
  EXPECT_THROW(OutputPlace("/proc/self/job").check_writable(), Error);
}

}  // namespace
}  // namespace amalgam
