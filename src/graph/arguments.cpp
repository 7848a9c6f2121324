#include "graph/arguments.h"

namespace amalgam {
namespace {

template <typename T>
const T* argument(const Node& node, std::string_view name) {
  const Argument* found = node.find(name);
  return found ? found->get<T>() : nullptr;
}

}  // namespace

const Argument* Node::find(std::string_view argument) const {
  for (const NamedArgument& named : arguments)
    if (named.name == argument) return &named.argument;
  return nullptr;
}

std::optional<ValueId> value_argument(const Node& node, std::string_view name) {
  const auto* ref = argument<ValueRef>(node, name);
  return ref ? std::optional(ref->id) : std::nullopt;
}

const ArgumentList* list_argument(const Node& node, std::string_view name) {
  return argument<ArgumentList>(node, name);
}

bool is_true(const Node& node, std::string_view name) {
  const auto* flag = argument<bool>(node, name);
  return flag && *flag;
}

bool is_false(const Node& node, std::string_view name) {
  const auto* flag = argument<bool>(node, name);
  return flag && !*flag;
}

double number_argument(const Node& node, std::string_view name) {
  if (const auto* real = argument<double>(node, name)) return *real;
  const auto* whole = argument<std::int64_t>(node, name);
  return whole ? static_cast<double>(*whole) : 0;
}

std::optional<std::int64_t> whole_argument(const Node& node, std::string_view name,
                                           std::int64_t fallback) {
  const Argument* found = node.find(name);
  if (!found || found->get<None>()) return fallback;
  const auto* number = found->get<std::int64_t>();
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<std::size_t> dim_argument(const Node& node, std::string_view name,
                                        std::int64_t fallback, std::size_t rank) {
  const auto found = whole_argument(node, name, fallback);
  return found ? from_front(*found, rank) : std::nullopt;
}

std::optional<std::size_t> from_front(std::int64_t dim, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (dim < -count || dim >= count) return std::nullopt;
  return static_cast<std::size_t>(dim < 0 ? dim + count : dim);
}

}  // namespace amalgam
