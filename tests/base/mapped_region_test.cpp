#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/interrupt.h"
#include "scratch.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

// In a process of its own, because a cut is remembered to the end.
void read_a_cut_file(const fs::path& path) {
  guard_mapped_files();
  const auto file = MappedFile::open(path);
  check_interrupted();
  ::truncate(path.c_str(), 5000);
  std::size_t sum = 0;
  for (const std::byte byte : file->bytes()) sum += std::to_integer<std::size_t>(byte);
  try {
    check_interrupted();
  } catch (const Error& error) {
    ::dprintf(2, "%zu: %s\n", sum, error.what());
    ::_exit(error.code() == ErrorCode::kIo ? 7 : 8);
  }
  ::_exit(0);
}

TEST(MappedRegion, AFileThatIsCutIsAnErrorAndNotACrash) {
  const ScratchFolder folder;
  const fs::path path = folder / "cut";
  write_text(path, std::string(100'000, '\1'));
  EXPECT_EXIT(read_a_cut_file(path), testing::ExitedWithCode(7),
              "5000: .*was cut while it was read");
}

void meet_a_bus_error_elsewhere() {
  guard_mapped_files();
  ::raise(SIGBUS);
  ::raise(SIGBUS);
}

TEST(MappedRegion, OtherBusErrorsStayWhatTheyAre) {
  EXPECT_EXIT(meet_a_bus_error_elsewhere(), testing::KilledBySignal(SIGBUS), "");
}

TEST(MappedRegion, PipesAreRefusedAtOnce) {
  const ScratchFolder folder;
  const fs::path path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(MappedFile::open(path), Error);
}

}  // namespace
}  // namespace amalgam
