// CIFAR's binary files, one or two of them.
#include "containers.h"
#include "formats/cifar.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

// Images are long, and their pixels say nothing: a byte stands for this many.
constexpr std::size_t kLonger = 256;

std::string longer(const std::string& text) {
  std::string out;
  for (const char c : text) out += c < 100 ? std::string(1, c) : std::string(kLonger, c);
  return out;
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string ten = '\3' + std::string(12, '\x7f'),
                    hundred = "\1\x32" + std::string(12, '\x7f');
  return {join(ten, ""),
          join(ten + ten, ten),
          join(hundred, hundred),
          join(ten, hundred),
          join("\x0b" + std::string(12, '\x7f'), ""),
          join("abc", "")};
}

void run(Bytes input) {
  const auto [first, second] = split(std::string(as_text(input)));
  std::vector<std::pair<std::string, std::string>> files = {{"1.bin", longer(first)},
                                                            {"about.txt", "text"}};
  if (!second.empty()) files.emplace_back("2.bin", longer(second));
  const InputFolder folder(files);
  cifar_files(folder.path() / "1.bin");
  read_cifar(cifar_files(folder.path()), "input");
}

}  // namespace amalgam::fuzz
