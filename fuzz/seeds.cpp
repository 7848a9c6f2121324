// With libFuzzer: AMALGAM_WRITE_SEEDS=DIR writes a corpus to begin with, and ends.
#include <cstdlib>
#include <fstream>

#include "target.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("AMALGAM_WRITE_SEEDS");
  if (!folder) return 0;
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const std::string& seed : amalgam::fuzz::seeds())
    std::ofstream(std::filesystem::path(folder) / ("seed" + std::to_string(number++)),
                  std::ios::binary)
        << seed;
  std::exit(0);
}
