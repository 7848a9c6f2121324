// Runs a target where libFuzzer is missing: on the files given, or else on its seeds and on
// `--rounds` mutations of them. The mutations are the same each time, so this is a test.
//
//   fuzz_pt2 [--rounds 2000] [FILE...]
//   fuzz_pt2 --write-seeds DIR       a corpus for libFuzzer to begin with
#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <random>

#include "target.h"

namespace amalgam::fuzz {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

// Numbers that break arithmetic, and bytes that end or nest things in the formats read.
std::string fragment(Random& random) {
  static constexpr std::string_view kFragments[] = {"-1",
                                                    "0",
                                                    "18446744073709551615",
                                                    "9223372036854775808",
                                                    "1e999",
                                                    "null",
                                                    "true",
                                                    "[",
                                                    "]",
                                                    "{",
                                                    "}",
                                                    "\"",
                                                    "\\u0000",
                                                    "\xff\xff\xff\xff\xff\xff\xff\xff",
                                                    "\n",
                                                    "'",
                                                    "=",
                                                    "\x80\x02",
                                                    "PK\x03\x04",
                                                    "[[task]]",
                                                    "..",
                                                    "/"};
  return std::string(kFragments[below(random, std::size(kFragments))]);
}

void mutate(std::string& text, Random& random) {
  const std::size_t at = below(random, text.size() + 1);
  const std::size_t length = below(random, std::min<std::size_t>(text.size() - at, 64) + 1);
  switch (random() % 5) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << (random() % 8)));
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(at, text.substr(below(random, text.size()), length));
      break;
    case 3:
      text.replace(at, std::min<std::size_t>(length, 4), fragment(random));
      break;
    default:
      if (random() % 16 == 0) text.resize(at);  // cut short
      break;
  }
}

void call(const std::string& text) {
  LLVMFuzzerTestOneInput(static_cast<const unsigned char*>(static_cast<const void*>(text.data())),
                         text.size());
}

void run_mutations(std::size_t rounds) {
  const std::vector<std::string> begin = seeds();
  run(as_bytes(begin.front()));  // where this is refused, nothing is tested
  for (const std::string& seed : begin) call(seed);
  Random random(1);
  for (std::size_t round = 0; round < rounds; ++round) {
    std::string text = begin[round % begin.size()];
    const std::size_t count = 1 + below(random, 4);
    for (std::size_t i = 0; i < count; ++i) mutate(text, random);
    call(text);
  }
  fmt::print("{} seeds, {} mutations\n", begin.size(), rounds);
}

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const std::string& seed : seeds())
    std::ofstream(folder / fmt::format("seed{}", number++), std::ios::binary) << seed;
}

}  // namespace
}  // namespace amalgam::fuzz

int main(int argc, char** argv) {
  using namespace amalgam::fuzz;
  std::size_t rounds = 2000;
  bool files = false;
  for (int i = 1; i < argc; ++i) {
    const bool more = i + 1 < argc;
    if (more && std::strcmp(argv[i], "--rounds") == 0) {
      rounds = std::stoul(argv[++i]);
    } else if (more && std::strcmp(argv[i], "--write-seeds") == 0) {
      write_seeds(argv[++i]);
      return 0;
    } else {
      call(file_text(argv[i]));
      files = true;
    }
  }
  if (!files) run_mutations(rounds);
  return 0;
}
