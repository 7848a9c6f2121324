// What a key seals, as text, and texts sealed as keys: for tests of what hostile ones say.
//
//   key_body KEY                   prints the body's JSON
//   key_body KEY FOLDER < BODIES   seals each line of BODIES behind KEY's seed, as FOLDER/0.key ...
#include <filesystem>
#include <iostream>
#include <string>

#include "amalgam/error.h"
#include "key/body.h"

int main(int argc, char** argv) try {
  using namespace amalgam;
  const Secret body = open_body(argc > 1 ? argv[1] : "", std::nullopt);
  if (argc < 3) {
    std::cout << as_text(body.bytes().subspan(kSeedBytes)) << "\n";
    return 0;
  }
  const Secret seed(body.bytes().first(kSeedBytes));
  const std::filesystem::path folder = argv[2];
  std::string line;
  for (int i = 0; std::getline(std::cin, line); ++i)
    seal_body(folder / (std::to_string(i) + ".key"), seed, line, std::nullopt);
  return 0;
} catch (const amalgam::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
