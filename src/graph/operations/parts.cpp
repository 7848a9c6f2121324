// Parts of a tensor, and tensors put together.
#include <array>
#include <limits>
#include <map>

#include "graph/arguments.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

// A number that stands there as such, or nowhere.
std::optional<std::int64_t> literal(const Node& node, std::string_view name,
                                    std::int64_t fallback) {
  const Argument* argument = node.find(name);
  if (!argument) return fallback;
  const auto* number = argument->get<std::int64_t>();
  return number ? std::optional(*number) : std::nullopt;
}

// x[:, a:b:c]; symbolic bounds and negative dimensions pass through.
std::optional<PyExpr> emit_slice(const Node& node, const EmitContext& context, std::string_view) {
  const auto dim = literal(node, "dim", 0), start = literal(node, "start", 0);
  const auto end = literal(node, "end", kToTheEnd), step = literal(node, "step", 1);
  if (node.arguments.empty() || !dim || !start || !end || !step || *dim < 0 || *dim > 5)
    return std::nullopt;
  std::string index;
  for (std::int64_t i = 0; i < *dim; ++i) index += ":, ";
  if (*start != 0) index += std::to_string(*start);
  index += ':';
  if (*end != kToTheEnd) index += std::to_string(*end);
  if (*step != 1) index += ":" + std::to_string(*step);
  return PyExpr::atom(context.expression(node.arguments[0].argument).flat() + "[" + index + "]");
}

// An index into a dimension is a number that would not follow its size.
bool select(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  if (!dim) return false;
  c.freeze((*input)[*dim]);
  Sizes out = *input;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  c.set(node, 0, std::move(out));
  return true;
}

bool slice(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  if (!dim) return false;
  const bool whole = whole_argument(node, "start", 0) == 0 &&
                     whole_argument(node, "step", 1) == 1 &&
                     whole_argument(node, "end", kToTheEnd) == kToTheEnd;
  Sizes out = *input;
  const Sizes recorded = c.recorded(node);
  if (recorded.size() != out.size()) return false;
  if (!whole) {
    c.freeze(out[*dim]);
    out[*dim] = recorded[*dim];
  }
  c.set(node, 0, std::move(out));
  return true;
}

// Equal parts of a dimension: the size of each, and what the argument `by` says of them.
struct Parts {
  std::size_t dim, count;
  Size each;
  std::int64_t asked;
};

std::optional<Parts> equal_parts(const Node& node, WidthContext& c, std::string_view by) {
  const Sizes* input = c.first(node);
  if (!input) return std::nullopt;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  const std::size_t count = results(node).size();
  if (!dim || count == 0) return std::nullopt;
  const auto each = c.factored((*input)[*dim], count);
  const auto asked = whole_argument(node, by, 0);
  if (!each || !asked) return std::nullopt;
  return Parts{*dim, count, *each, *asked};
}

bool set_parts(const Node& node, WidthContext& c, const Parts& parts) {
  Sizes out = *c.first(node);
  out[parts.dim] = parts.each;
  for (std::size_t i = 0; i < parts.count; ++i) c.set(node, i, out);
  return true;
}

bool chunk(const Node& node, WidthContext& c) {
  const auto parts = equal_parts(node, c, "chunks");
  return parts && parts->asked == static_cast<std::int64_t>(parts->count) &&
         set_parts(node, c, *parts);
}

bool split(const Node& node, WidthContext& c) {
  const auto parts = equal_parts(node, c, "split_size");
  if (!parts || c.value(parts->each) != static_cast<std::uint64_t>(parts->asked)) return false;
  c.patch(node, "split_size", std::nullopt, parts->each);
  return set_parts(node, c, *parts);
}

// One tensor for each place of a dimension: so many are written down, and its size stays.
bool unbind(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  const std::size_t count = results(node).size();
  if (!dim || c.value((*input)[*dim]) != count) return false;
  c.freeze((*input)[*dim]);
  Sizes out = *input;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  for (std::size_t i = 0; i < count; ++i) c.set(node, i, out);
  return true;
}

// The terms of a sum that have the values of the parts, where these tell them apart.
std::optional<Sizes> terms_of(const Size& sum, const ArgumentList& parts, const WidthContext& c) {
  std::map<std::uint64_t, Size> by_value;
  for (const auto& [monomial, coefficient] : sum.terms()) {
    Size term;
    term.add(monomial, coefficient);
    if (!by_value.emplace(c.value(term), term).second) return std::nullopt;
  }
  Sizes out;
  for (const Argument& item : parts) {
    const auto* size = item.get<std::int64_t>();
    const auto found = by_value.find(size ? static_cast<std::uint64_t>(*size) : 0);
    if (found == by_value.end()) return std::nullopt;
    out.push_back(found->second);
    by_value.erase(found);
  }
  return by_value.empty() ? std::optional(out) : std::nullopt;
}

// Symbols of their own, whose sum is the whole.
std::optional<Sizes> fresh_parts(const Size& whole, const ArgumentList& asked, WidthContext& c) {
  Sizes parts;
  Size sum;
  for (const Argument& item : asked) {
    const auto* size = item.get<std::int64_t>();
    if (!size || *size < 1) return std::nullopt;
    parts.push_back(c.fresh(static_cast<std::uint64_t>(*size)));
    c.add(sum, parts.back());
  }
  return c.tie(sum, whole) ? std::optional(parts) : std::nullopt;
}

// Parts of given sizes: those that make up a sum.
bool split_with_sizes(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  const ArgumentList* asked = list_argument(node, "split_sizes");
  if (!input || !asked) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  if (!dim || asked->size() != results(node).size()) return false;
  auto parts = terms_of(c.resolved((*input)[*dim]), *asked, c);
  if (!parts) parts = fresh_parts((*input)[*dim], *asked, c);
  if (!parts) return false;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    c.patch(node, "split_sizes", i, (*parts)[i]);
    Sizes out = *input;
    out[*dim] = (*parts)[i];
    c.set(node, i, std::move(out));
  }
  return true;
}

bool cat(const Node& node, WidthContext& c) {
  const ArgumentList* tensors = list_argument(node, "tensors");
  if (!tensors || tensors->empty() || !c.of(tensors->front())) return false;
  Sizes out = *c.of(tensors->front());
  const auto dim = dim_argument(node, "dim", 0, out.size());
  if (!dim) return false;
  for (std::size_t t = 1; t < tensors->size(); ++t) {
    const Sizes* sizes = c.of((*tensors)[t]);
    if (!sizes || sizes->size() != out.size()) return false;
    for (std::size_t d = 0; d < out.size(); ++d)
      if (d != *dim && !c.tie(out[d], (*sizes)[d])) return false;
    c.add(out[*dim], (*sizes)[*dim]);
  }
  c.set(node, 0, std::move(out));
  return true;
}

bool stack(const Node& node, WidthContext& c) {
  const ArgumentList* tensors = list_argument(node, "tensors");
  if (!tensors || tensors->empty() || !c.of(tensors->front())) return false;
  Sizes out = *c.of(tensors->front());
  for (const Argument& tensor : *tensors)
    if (!c.of(tensor) || !c.tie_all(out, *c.of(tensor))) return false;
  const auto dim = dim_argument(node, "dim", 0, out.size() + 1);
  if (!dim) return false;
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*dim), Size::constant(tensors->size()));
  c.set(node, 0, std::move(out));
  return true;
}

// Padding of the last dimensions only.
bool pad(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  const ArgumentList* amounts = list_argument(node, "pad");
  if (!input || !amounts || amounts->size() / 2 > input->size()) return false;
  Sizes out = *input;
  const Sizes recorded = c.recorded(node);
  if (recorded.size() != out.size()) return false;
  for (std::size_t p = 0; p < amounts->size() / 2; ++p) {
    Size& size = out[out.size() - 1 - p];
    const auto *before = (*amounts)[2 * p].get<std::int64_t>(),
               *after = (*amounts)[2 * p + 1].get<std::int64_t>();
    if (before && after && *before == 0 && *after == 0) continue;
    c.freeze(size);
    size = recorded[out.size() - 1 - p];
  }
  c.set(node, 0, std::move(out));
  return true;
}

using enum Trait;

constexpr std::array kRows = {
    operation("select.int").prints(method("select")).ties(select).is(kView | kCarries | kTakesPart),
    operation("slice.Tensor")
        .prints({emit_slice, ""})
        .ties(slice)
        .is(kView | kCarries | kTakesPart),
    operation("chunk.default").prints(method("chunk")).ties(chunk).is(kView),
    operation("split.Tensor").prints(method("split")).ties(split).is(kView),
    operation("split.sizes").is(kView),
    operation("split_with_sizes.default").prints(method("split")).ties(split_with_sizes).is(kView),
    operation("narrow.default").is(kMayAlias),
    operation("narrow.Tensor").is(kMayAlias),
    operation("unbind.int").prints(method("unbind")).ties(unbind).is(kView),
    operation("diagonal.default").is(kMayAlias),
    operation("tensor_split.sections").is(kMayAlias),
    operation("tensor_split.indices").is(kMayAlias),
    operation("tensor_split.tensor_indices_or_sections").is(kMayAlias),
    operation("unsafe_split.Tensor").is(kMayAlias),
    operation("unsafe_chunk.default").is(kMayAlias),
    operation("gather.default").prints(method("gather")),
    operation("cat.default").prints(function("torch.cat")).ties(cat).in_images(Images::kJoined),
    operation("stack.default").prints(function("torch.stack")).ties(stack),
    operation("pad.default").prints(function("F.pad")).ties(pad),
};

}  // namespace

std::span<const Operation> part_operations() { return kRows; }

}  // namespace amalgam
