// Operations on shapes: views, permutations, concatenation and its inverse, factories.
#include <algorithm>
#include <limits>

#include "variants/reshape.h"

namespace amalgam {
namespace {

const ArgumentList* list_of(const Node& node, std::string_view name) {
  const Argument* argument = node.find(name);
  return argument ? argument->get<ArgumentList>() : nullptr;
}

const Sizes* first_tensor(const Node& node, RuleContext& c) {
  return node.arguments.empty() ? nullptr : c.of(node.arguments[0].argument);
}

// The sizes in an argument must follow what became of them.
void patch_sizes(const Node& node, RuleContext& c, std::string_view name, const Sizes& sizes) {
  const auto* list = list_of(node, name);
  for (std::size_t d = 0; list && d < list->size() && d < sizes.size(); ++d)
    if (!sizes[d].as_constant() && !c.symbols().has_opaque(c.symbols().resolve(sizes[d])))
      c.patch(node, name, d, sizes[d]);
}

bool view(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  const auto out = reshaped(*input, c.recorded_output(node), c.symbols());
  if (!out) return false;
  patch_sizes(node, c, node.find("size") ? "size" : "shape", *out);
  c.set(node, 0, *out);
  return true;
}

bool flatten(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input || input->empty()) return false;
  const auto first = c.dim(node, "start_dim", 0, input->size()),
             last = c.dim(node, "end_dim", -1, input->size());
  if (!first || !last || *first > *last) return false;
  Sizes out(input->begin(), input->begin() + static_cast<std::ptrdiff_t>(*first));
  Size merged = Size::constant(1);
  for (std::size_t d = *first; d <= *last; ++d) c.symbols().multiply(merged, (*input)[d]);
  out.push_back(merged);
  out.insert(out.end(), input->begin() + static_cast<std::ptrdiff_t>(*last) + 1, input->end());
  c.set(node, 0, std::move(out));
  return true;
}

bool unflatten(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  const auto* sizes = list_of(node, "sizes");
  if (!input || !sizes) return false;
  const auto dim = c.dim(node, "dim", 0, input->size());
  if (!dim) return false;
  const Sizes recorded = c.recorded_output(node);
  if (recorded.size() + 1 != input->size() + sizes->size()) return false;
  const auto first = recorded.begin() + static_cast<std::ptrdiff_t>(*dim);
  const Sizes asked(first, first + static_cast<std::ptrdiff_t>(sizes->size()));
  const auto parts = reshaped({(*input)[*dim]}, asked, c.symbols());
  if (!parts) return false;
  patch_sizes(node, c, "sizes", *parts);
  Sizes out = *input;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*dim), parts->begin(), parts->end());
  c.set(node, 0, std::move(out));
  return true;
}

bool permute(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  const auto* dims = list_of(node, "dims");
  if (!input || !dims || dims->size() != input->size()) return false;
  Sizes out;
  for (const Argument& item : *dims) {
    const auto* dim = item.get<std::int64_t>();
    if (!dim) return false;
    const auto at = RuleContext::from_front(*dim, input->size());
    if (!at) return false;
    out.push_back((*input)[*at]);
  }
  c.set(node, 0, std::move(out));
  return true;
}

bool transpose(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  Sizes out = *input;
  if (node.op == "t") {
    std::reverse(out.begin(), out.end());
  } else {
    const auto a = c.dim(node, "dim0", 0, out.size()), b = c.dim(node, "dim1", 0, out.size());
    if (!a || !b) return false;
    std::swap(out[*a], out[*b]);
  }
  c.set(node, 0, std::move(out));
  return true;
}

// A size of 1 becomes the size asked for; -1 keeps what is there.
bool expand(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  Sizes out = c.recorded_output(node);
  if (out.size() < input->size()) return false;
  const std::size_t added = out.size() - input->size();
  for (std::size_t d = 0; d < input->size(); ++d)
    if (c.symbols().value((*input)[d]) != 1) out[added + d] = (*input)[d];
  patch_sizes(node, c, "size", out);
  c.set(node, 0, std::move(out));
  return true;
}

bool squeeze(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  const auto dim = c.dim(node, "dim", 0, input->size());
  if (!dim) return false;
  Sizes out = *input;
  if (c.symbols().value(out[*dim]) == 1) out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  c.set(node, 0, std::move(out));
  return true;
}

bool unsqueeze(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  const auto dim = c.dim(node, "dim", 0, input->size() + 1);
  if (!dim) return false;
  Sizes out = *input;
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*dim), Size::constant(1));
  c.set(node, 0, std::move(out));
  return true;
}

// An index into a dimension is a number that would not follow its size.
bool select(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  const auto dim = c.dim(node, "dim", 0, input->size());
  if (!dim) return false;
  c.symbols().freeze((*input)[*dim]);
  Sizes out = *input;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  c.set(node, 0, std::move(out));
  return true;
}

bool slice(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  const auto dim = c.dim(node, "dim", 0, input->size());
  const auto start = c.number(node, "start", 0), step = c.number(node, "step", 1),
             end = c.number(node, "end", std::numeric_limits<std::int64_t>::max());
  if (!dim) return false;
  Sizes out = *input;
  const bool whole = start == 0 && step == 1 && end == std::numeric_limits<std::int64_t>::max();
  const Sizes recorded = c.recorded_output(node);
  if (recorded.size() != out.size()) return false;
  if (!whole) {
    c.symbols().freeze(out[*dim]);
    out[*dim] = recorded[*dim];
  }
  c.set(node, 0, std::move(out));
  return true;
}

bool cat(const Node& node, RuleContext& c) {
  const auto* tensors = list_of(node, "tensors");
  if (!tensors || tensors->empty() || !c.of(tensors->front())) return false;
  Sizes out = *c.of(tensors->front());
  const auto dim = c.dim(node, "dim", 0, out.size());
  if (!dim) return false;
  for (std::size_t t = 1; t < tensors->size(); ++t) {
    const Sizes* sizes = c.of((*tensors)[t]);
    if (!sizes || sizes->size() != out.size()) return false;
    for (std::size_t d = 0; d < out.size(); ++d)
      if (d != *dim && !c.tie(out[d], (*sizes)[d])) return false;
    c.symbols().add(out[*dim], (*sizes)[*dim]);
  }
  c.set(node, 0, std::move(out));
  return true;
}

bool stack(const Node& node, RuleContext& c) {
  const auto* tensors = list_of(node, "tensors");
  if (!tensors || tensors->empty() || !c.of(tensors->front())) return false;
  Sizes out = *c.of(tensors->front());
  for (const Argument& tensor : *tensors)
    if (!c.of(tensor) || !c.tie_all(out, *c.of(tensor))) return false;
  const auto dim = c.dim(node, "dim", 0, out.size() + 1);
  if (!dim) return false;
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*dim), Size::constant(tensors->size()));
  c.set(node, 0, std::move(out));
  return true;
}

// Equal parts of a dimension, by their number (chunk) or their size (split).
bool equal_parts(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  if (!input) return false;
  const auto dim = c.dim(node, "dim", 0, input->size());
  const std::size_t count = c.outputs(node).size();
  if (!dim || count == 0) return false;
  const auto part = c.symbols().factored((*input)[*dim], count);
  const std::string_view by = node.op == "chunk" ? "chunks" : "split_size";
  const auto asked = c.number(node, by, 0);
  if (!part || !asked) return false;
  if (by == "chunks" && *asked != static_cast<std::int64_t>(count)) return false;
  if (by == "split_size") {
    if (c.symbols().value(*part) != static_cast<std::uint64_t>(*asked)) return false;
    c.patch(node, by, std::nullopt, *part);
  }
  Sizes out = *input;
  out[*dim] = *part;
  for (std::size_t i = 0; i < count; ++i) c.set(node, i, out);
  return true;
}

// The terms of a sum that have the values of the parts, where these tell them apart.
std::optional<Sizes> terms_of(const Size& sum, const ArgumentList& parts,
                              const SymbolTable& symbols) {
  std::map<std::uint64_t, Size> by_value;
  for (const auto& [monomial, coefficient] : sum.terms()) {
    Size term;
    term.add(monomial, coefficient);
    if (!by_value.emplace(symbols.value(term), term).second) return std::nullopt;
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

// Parts of given sizes: those that make up a sum.
bool split_with_sizes(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  const auto* asked = list_of(node, "split_sizes");
  if (!input || !asked) return false;
  const auto dim = c.dim(node, "dim", 0, input->size());
  if (!dim || asked->size() != c.outputs(node).size()) return false;
  Sizes parts;
  if (const auto terms = terms_of(c.symbols().resolve((*input)[*dim]), *asked, c.symbols())) {
    parts = *terms;
  } else {
    Size sum;
    for (const Argument& item : *asked) {
      const auto* size = item.get<std::int64_t>();
      if (!size || *size < 1) return false;
      parts.push_back(c.symbols().fresh(static_cast<std::uint64_t>(*size)));
      c.symbols().add(sum, parts.back());
    }
    if (!c.tie(sum, (*input)[*dim])) return false;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    c.patch(node, "split_sizes", i, parts[i]);
    Sizes out = *input;
    out[*dim] = parts[i];
    c.set(node, i, std::move(out));
  }
  return true;
}

// Sizes given as numbers: each may turn out to be a width, when something ties it to one.
bool factory(const Node& node, RuleContext& c) {
  const auto* asked = list_of(node, "size");
  if (!asked) return false;
  Sizes out = c.recorded_output(node);
  if (asked->size() != out.size()) return false;
  for (std::size_t d = 0; d < out.size(); ++d)
    if (const auto* literal = (*asked)[d].get<std::int64_t>(); literal && *literal > 1) {
      out[d] = c.symbols().fresh(static_cast<std::uint64_t>(*literal));
      c.patch(node, "size", d, out[d]);
    }
  c.set(node, 0, std::move(out));
  return true;
}

// Padding of the last dimensions only.
bool pad(const Node& node, RuleContext& c) {
  const Sizes* input = first_tensor(node, c);
  const auto* amounts = list_of(node, "pad");
  if (!input || !amounts || amounts->size() / 2 > input->size()) return false;
  Sizes out = *input;
  const Sizes recorded = c.recorded_output(node);
  if (recorded.size() != out.size()) return false;
  for (std::size_t p = 0; p < amounts->size() / 2; ++p) {
    Size& size = out[out.size() - 1 - p];
    const auto *before = (*amounts)[2 * p].get<std::int64_t>(),
               *after = (*amounts)[2 * p + 1].get<std::int64_t>();
    if (before && after && *before == 0 && *after == 0) continue;
    c.symbols().freeze(size);
    size = recorded[out.size() - 1 - p];
  }
  c.set(node, 0, std::move(out));
  return true;
}

}  // namespace

void add_shape_rules(WidthRules& rules) {
  for (const char* name : {"view.default", "reshape.default", "_unsafe_view.default"})
    rules[name] = view;
  rules["flatten.using_ints"] = flatten;
  rules["unflatten.int"] = unflatten;
  rules["permute.default"] = permute;
  rules["transpose.int"] = transpose;
  rules["t.default"] = transpose;
  rules["expand.default"] = expand;
  rules["squeeze.dim"] = squeeze;
  rules["unsqueeze.default"] = unsqueeze;
  rules["select.int"] = select;
  rules["slice.Tensor"] = slice;
  rules["cat.default"] = cat;
  rules["stack.default"] = stack;
  rules["chunk.default"] = equal_parts;
  rules["split.Tensor"] = equal_parts;
  rules["split_with_sizes.default"] = split_with_sizes;
  rules["zeros.default"] = factory;
  rules["ones.default"] = factory;
  rules["new_zeros.default"] = factory;
  rules["pad.default"] = pad;
}

}  // namespace amalgam
