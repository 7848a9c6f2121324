// Architectures that are published: scripts/published_architectures.py computes the same numbers
// of the models that it knows.
#include "audit/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "audit/tells.h"

namespace amalgam {
namespace {

// Parameters below this number are no architecture that anyone would know.
constexpr std::size_t kLeastTensors = 6;

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Shapes of all parameters, but for what goes with the data: channels of images, sizes of
// vocabularies, numbers of positions, and the last layer with its classes. 0: too few.
std::uint64_t fingerprint(const ViewedNetwork& network) {
  std::vector<Shape> shapes;
  bool image = true;
  std::size_t last = 0;  // matrix
  for (const ViewedTensor& tensor : network.tensors) {
    if (!tensor.parameter) continue;
    Shape shape = tensor.values->shape;
    if (shape.size() == 4 && image) shape[1] = 0, image = false;
    if (shape.size() == 3 && shape[0] == 1) shape[1] = 0;
    if (shape.size() == 2 && tensor.role.starts_with("embedding")) shape[0] = 0;
    if (shape.size() >= 2) last = shapes.size();
    shapes.push_back(std::move(shape));
  }
  if (shapes.size() < kLeastTensors) return 0;
  const auto at = shapes.begin() + static_cast<std::ptrdiff_t>(last);
  const bool bias = last + 1 < shapes.size() && (at + 1)->size() == 1 && (*(at + 1))[0] == (*at)[0];
  shapes.erase(at, at + (bias ? 2 : 1));
  std::vector<std::string> texts;
  for (const Shape& shape : shapes) texts.push_back(fmt::format("{}", fmt::join(shape, "x")));
  std::sort(texts.begin(), texts.end());
  return fnv1a(fmt::format("{}", fmt::join(texts, " ")));
}

std::map<std::uint64_t, std::string> known_architectures() {
  std::map<std::uint64_t, std::string> known;
  std::string_view rest = published_architectures();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::uint64_t hash = 0;
    const auto [next, error] = std::from_chars(line.data(), line.data() + line.size(), hash, 16);
    const auto digits = static_cast<std::size_t>(next - line.data());
    if (error == std::errc() && digits < line.size()) known.emplace(hash, line.substr(digits + 1));
  }
  return known;
}

}  // namespace

void check_published(const FailureInput& input, TellList& out) {
  const auto known = known_architectures();
  std::vector<std::size_t> published;
  std::string names;
  for (std::size_t s = 0; s < input.networks.size(); ++s) {
    const auto found = known.find(fingerprint(input.networks[s]));
    if (found == known.end()) continue;
    published.push_back(s);
    if (names.find(found->second) == names.npos)
      names += (names.empty() ? "" : ", ") + found->second;
  }
  if (published.empty() || published.size() == input.networks.size()) return;
  out.push_back({"published", published,
                 fmt::format("{} are published architectures ({}), the others are not",
                             streams_text(published), names),
                 "let decoys have the same architecture (--variants same), or take guests whose "
                 "architectures are published, too",
                 true, ""});
}

}  // namespace amalgam
