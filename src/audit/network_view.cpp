#include "audit/network_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/file.h"
#include "base/hash.h"

namespace amalgam {
namespace {

constexpr std::string_view kClass = "\nclass Subnetwork", kAppend = "self.subnetworks.append(",
                           kMember = "\n        self.", kParameter = " = nn.Parameter(",
                           kBuffer = "register_buffer(\"", kForward = "\n    def forward",
                           kNetwork = "\n    def network", kMethod = "\n    def ", kOwn = "self.";

// Tensors of fewer values may be equal by accident.
constexpr std::uint64_t kLeastValues = 4;

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }

std::string_view name_at(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && in_name(text[size])) ++size;
  return text.substr(0, size);
}

std::string role_of(std::string_view name) {
  const std::size_t digits = name.find_first_of("0123456789");
  if (digits == name.npos) return std::string(name);
  const std::size_t rest = std::min(name.find_first_not_of("0123456789", digits), name.size());
  return std::string(name.substr(0, digits)) + std::string(name.substr(rest));
}

// What the classes of model.py are, by their number.
std::map<std::string, std::string_view> classes_of(std::string_view text) {
  std::map<std::string, std::string_view> classes;
  for (std::size_t at = text.find(kClass); at != text.npos; at = text.find(kClass, at + 1)) {
    const std::size_t end = std::min(text.find("\nclass ", at + 1), text.size());
    const std::string_view body = text.substr(at + 1, end - at - 1);
    classes[std::string(name_at(body.substr(std::string_view("class ").size())))] = body;
  }
  return classes;
}

void count_calls(std::string_view text, std::map<std::string, std::uint64_t>& calls) {
  for (std::size_t at = text.find('('); at != text.npos; at = text.find('(', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && in_name(text[begin - 1])) --begin;
    std::string_view name = text.substr(begin, at - begin);
    if (!name.starts_with("F.") && !name.starts_with("torch."))
      name = name.substr(name.rfind('.') + 1);  // a method of a value
    if (!name.empty() && name != "forward" && name != "network") ++calls[std::string(name)];
  }
}

class Reader {
 public:
  Reader(const JobView& job, const ViewedSubnetwork& sub) {
    for (const NamedTensor& named : job.weights())
      if (named.name.starts_with(sub.prefix))
        values_[named.name.substr(sub.prefix.size())] = &named.tensor;
  }

  ViewedNetwork read(std::string_view text) {
    network_.text = text;
    const std::size_t forward = std::min(text.find(kForward), text.size());
    const std::string_view members = text.substr(0, forward);
    for (std::size_t at = members.find(kMember); at != members.npos;) {
      const std::size_t next = members.find(kMember, at + 1);
      add(members.substr(at, std::min(next, members.size()) - at).substr(kMember.size()));
      at = next;
    }
    count_calls(text.substr(forward), network_.calls);
    return std::move(network_);
  }

 private:
  void add(std::string_view member) {
    const bool buffer = member.starts_with(kBuffer);
    if (buffer) member.remove_prefix(kBuffer.size());
    const std::string name(name_at(member));
    if (!buffer && !member.substr(name.size()).starts_with(kParameter)) return;
    const auto values = values_.find(name);
    if (values == values_.end() || name.starts_with("positions")) return;
    const bool frozen = member.find("requires_grad=False") != member.npos;
    network_.tensors.push_back({name, role_of(name), values->second, !buffer, !buffer && frozen});
  }

  std::map<std::string, const Tensor*, std::less<>> values_;
  ViewedNetwork network_;
};

}  // namespace

std::vector<std::string> ViewedNetwork::roles() const {
  std::set<std::string> roles;
  for (const ViewedTensor& tensor : tensors)
    if (tensor.parameter) roles.insert(tensor.role);
  return {roles.begin(), roles.end()};
}

std::uint64_t ViewedNetwork::outputs() const {
  constexpr std::string_view kReturn = "\n        return ";
  const std::size_t begin = text.find(kNetwork);
  if (begin == text.npos) return 0;
  const std::string_view body =
      std::string_view(text).substr(begin, text.find(kMethod, begin + 1) - begin);
  const std::size_t end = body.rfind(kReturn);
  if (end == body.npos) return 0;
  const std::string_view result = name_at(body.substr(end + kReturn.size()));
  const std::string assigned = fmt::format("\n        {} = ", result);
  const std::size_t at = body.substr(0, end).rfind(assigned);
  if (result.empty() || at == body.npos) return 0;
  const std::string_view call = body.substr(at + assigned.size(), end - at - assigned.size());
  const std::size_t own = call.find(kOwn);
  const bool gives_rows = call.starts_with("F.linear(") || call.starts_with("F.conv1d(") ||
                          call.starts_with("F.conv2d(") || call.starts_with("F.conv3d(");
  if (!gives_rows || own == call.npos) return 0;
  const std::string_view weight = name_at(call.substr(own + kOwn.size()));
  for (const ViewedTensor& tensor : tensors)
    if (tensor.name == weight && !tensor.values->shape.empty()) return tensor.values->shape.front();
  return 0;
}

std::vector<std::string> ViewedNetwork::numbers(const std::string& name) const {
  constexpr std::string_view kBetween = ", \n";
  const std::string before = name + " = torch.tensor(";
  std::vector<std::string> found;
  std::size_t at = text.find(before);
  if (at == text.npos) return found;
  at = text.find_first_not_of(kBetween, at + before.size());
  if (at == text.npos || text[at] != '[') return found;
  const std::string inside = text.substr(at + 1, text.find(']', at) - at - 1);
  for (at = inside.find_first_not_of(kBetween); at != inside.npos;) {
    const std::size_t end = inside.find_first_of(kBetween, at);
    found.push_back(inside.substr(at, end - at));
    at = inside.find_first_not_of(kBetween, end);
  }
  return found;
}

std::vector<ViewedNetwork> view_networks(const JobView& job) {
  const auto file = MappedFile::open(job.folder() / "model.py");
  const std::string_view text = as_text(file->bytes());
  const auto classes = classes_of(text);
  std::vector<ViewedNetwork> networks(job.subnetworks().size());
  std::size_t at = text.find(kAppend);
  for (std::size_t s = 0; s < networks.size() && at != text.npos; ++s) {
    const std::string name(name_at(text.substr(at + kAppend.size())));
    if (const auto found = classes.find(name); found != classes.end())
      networks[s] = Reader(job, job.subnetworks()[s]).read(found->second);
    at = text.find(kAppend, at + 1);
  }
  return networks;
}

std::optional<std::string> value_digest(const Tensor& values) {
  if (!is_floating(values.dtype) || element_count(values.shape) < kLeastValues) return std::nullopt;
  std::vector<std::byte> read;
  Bytes bytes = values.source->view();
  if (bytes.empty()) {
    read.resize(values.bytes());
    values.source->read(0, read);
    bytes = read;
  }
  const std::size_t size = dtype_size(values.dtype);
  bool constant = true;
  for (std::size_t at = size; at < bytes.size() && constant; ++at)
    constant = bytes[at] == bytes[at - size];
  if (constant) return std::nullopt;
  return fmt::format("{} {}", dtype_name(values.dtype), to_hex(Blake2b().update(bytes).finish()));
}

std::vector<std::size_t> kinds_of(const std::vector<ViewedNetwork>& networks) {
  std::vector<std::vector<std::string>> known;
  std::vector<std::size_t> kinds;
  for (const ViewedNetwork& network : networks) {
    const auto roles = network.roles();
    const auto found = std::find(known.begin(), known.end(), roles);
    kinds.push_back(static_cast<std::size_t>(found - known.begin()));
    if (found == known.end()) known.push_back(roles);
  }
  return kinds;
}

}  // namespace amalgam
