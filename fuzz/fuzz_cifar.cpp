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
  const InputFile one(as_bytes(longer(first))), two(as_bytes(longer(second)));
  cifar_files(one.path());
  if (second.empty())
    read_cifar({one.path()}, "input");
  else
    read_cifar({one.path(), two.path()}, "input");
}

}  // namespace amalgam::fuzz
