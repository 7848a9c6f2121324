// The same elements in another shape.
#include <algorithm>
#include <array>

#include "graph/arguments.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

bool view(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const auto out = c.reshaped(*input, c.recorded(node));
  if (!out) return false;
  c.patch_list(node, node.find("size") ? "size" : "shape", *out);
  c.set(node, 0, *out);
  return true;
}

bool flatten(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input || input->empty()) return false;
  const auto first = dim_argument(node, "start_dim", 0, input->size()),
             last = dim_argument(node, "end_dim", -1, input->size());
  if (!first || !last || *first > *last) return false;
  Sizes out(input->begin(), input->begin() + static_cast<std::ptrdiff_t>(*first));
  Size merged = Size::constant(1);
  for (std::size_t d = *first; d <= *last; ++d) c.multiply(merged, (*input)[d]);
  out.push_back(merged);
  out.insert(out.end(), input->begin() + static_cast<std::ptrdiff_t>(*last) + 1, input->end());
  c.set(node, 0, std::move(out));
  return true;
}

bool unflatten(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  const ArgumentList* sizes = list_argument(node, "sizes");
  if (!input || !sizes) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  if (!dim) return false;
  const Sizes recorded = c.recorded(node);
  if (recorded.size() + 1 != input->size() + sizes->size()) return false;
  const auto first = recorded.begin() + static_cast<std::ptrdiff_t>(*dim);
  const Sizes asked(first, first + static_cast<std::ptrdiff_t>(sizes->size()));
  const auto parts = c.reshaped({(*input)[*dim]}, asked);
  if (!parts) return false;
  c.patch_list(node, "sizes", *parts);
  Sizes out = *input;
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*dim), parts->begin(), parts->end());
  c.set(node, 0, std::move(out));
  return true;
}

bool permute(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  const ArgumentList* dims = list_argument(node, "dims");
  if (!input || !dims || dims->size() != input->size()) return false;
  Sizes out;
  for (const Argument& item : *dims) {
    const auto* dim = item.get<std::int64_t>();
    const auto at = dim ? from_front(*dim, input->size()) : std::nullopt;
    if (!at) return false;
    out.push_back((*input)[*at]);
  }
  c.set(node, 0, std::move(out));
  return true;
}

bool transpose(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  Sizes out = *input;
  const auto a = dim_argument(node, "dim0", 0, out.size()),
             b = dim_argument(node, "dim1", 0, out.size());
  if (!a || !b) return false;
  std::swap(out[*a], out[*b]);
  c.set(node, 0, std::move(out));
  return true;
}

bool reverse(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  c.set(node, 0, {input->rbegin(), input->rend()});
  return true;
}

// A size of 1 becomes the size asked for; -1 keeps what is there.
bool expand(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  Sizes out = c.recorded(node);
  if (out.size() < input->size()) return false;
  const std::size_t added = out.size() - input->size();
  for (std::size_t d = 0; d < input->size(); ++d)
    if (c.value((*input)[d]) != 1) out[added + d] = (*input)[d];
  c.patch_list(node, "size", out);
  c.set(node, 0, std::move(out));
  return true;
}

bool squeeze(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size());
  if (!dim) return false;
  Sizes out = *input;
  if (c.value(out[*dim]) == 1) out.erase(out.begin() + static_cast<std::ptrdiff_t>(*dim));
  c.set(node, 0, std::move(out));
  return true;
}

bool unsqueeze(const Node& node, WidthContext& c) {
  const Sizes* input = c.first(node);
  if (!input) return false;
  const auto dim = dim_argument(node, "dim", 0, input->size() + 1);
  if (!dim) return false;
  Sizes out = *input;
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(*dim), Size::constant(1));
  c.set(node, 0, std::move(out));
  return true;
}

using enum Trait;

constexpr Operation views(std::string_view name, Printing printing = {}) {
  return operation(name).prints(printing).is(kView | kCarries);
}
// A view for some arguments, whose numbers nobody follows.
constexpr Operation sometimes(std::string_view name) { return operation(name).is(kMayAlias); }

constexpr std::array kRows = {
    views("view.default", spread_method("view")).ties(view),
    views("reshape.default", spread_method("reshape")).ties(view),
    views("permute.default", spread_method("permute")).ties(permute),
    views("expand.default", spread_method("expand")).ties(expand),
    views("transpose.int", method("transpose")).ties(transpose),
    views("flatten.using_ints", method("flatten")).ties(flatten),
    views("unflatten.int", method("unflatten")).ties(unflatten),
    views("squeeze.dim", method("squeeze")).ties(squeeze),
    views("squeeze.default"),
    views("squeeze.dims"),
    views("unsqueeze.default", method("unsqueeze")).ties(unsqueeze),
    operation("t.default").prints(method("t")).ties(reverse).is(kView),
    operation("view.dtype").is(kView),  // other numbers in the same bytes
    operation("_unsafe_view.default").ties(view),
    operation("roll.default").prints(method("roll")),
    operation("pixel_shuffle.default").prints(function("F.pixel_shuffle")),
    sometimes("view_as.default").is(kFirstAlone),
    sometimes("expand_as.default").is(kFirstAlone),
    sometimes("reshape_as.default").is(kFirstAlone),
    sometimes("ravel.default"),
    sometimes("movedim.int"),
    sometimes("movedim.intlist"),
    sometimes("moveaxis.int"),
    sometimes("moveaxis.intlist"),
    sometimes("swapaxes.default"),
    sometimes("swapdims.default"),
    sometimes("mT.default"),
    sometimes("numpy_T.default"),
    sometimes("adjoint.default"),
    sometimes("unfold.default"),
};

}  // namespace

std::span<const Operation> shape_operations() { return kRows; }

}  // namespace amalgam
