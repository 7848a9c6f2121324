// Layers with parameters: convolutions, linear layers, norms, embeddings, LSTMs, attention.
#include "variants/rules.h"

namespace amalgam {
namespace {

// The bias or a norm's vectors, where they are given: all of one size.
bool tie_vectors(const Node& node, RuleContext& c, const Size& size,
                 std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (const Sizes* vector = c.of(node, name))
      if (vector->size() != 1 || !c.tie((*vector)[0], size)) return false;
  return true;
}

// Leading sizes of `input`, then what the export recorded behind them (what kernels leave of
// images).
Sizes with_recorded_tail(const Node& node, RuleContext& c, Sizes leading) {
  const Sizes recorded = c.recorded_output(node);
  for (std::size_t d = leading.size(); d < recorded.size(); ++d) leading.push_back(recorded[d]);
  return leading;
}

// weight [O, I / groups, kernel...]; transposed: [I, O / groups, kernel...].
bool convolution(const Node& node, RuleContext& c, bool transposed) {
  const Sizes *input = c.of(node, "input"), *weight = c.of(node, "weight");
  const auto groups = c.number(node, "groups", 1);
  if (!input || !weight || !groups || *groups < 1 || input->size() != weight->size()) return false;
  for (std::size_t d = 2; d < weight->size(); ++d) c.symbols().freeze((*weight)[d]);
  for (std::size_t d = 2; d < input->size(); ++d) c.symbols().freeze((*input)[d]);
  const Size channels = (*input)[1], first = (*weight)[0], second = (*weight)[1];
  const auto count = static_cast<std::uint64_t>(*groups);
  Size out;
  if (count == 1) {
    out = transposed ? second : first;
    if (!c.tie(transposed ? first : second, channels)) return false;
  } else if (!transposed && c.symbols().value(channels) == count) {
    // Depthwise: as many groups as channels, so that the group count follows the width.
    const std::uint64_t each = c.symbols().value(first) / count;
    if (!c.tie(second, Size::constant(1)) || !c.tie(first, Size::constant(each) * channels))
      return false;
    c.patch(node, "groups", std::nullopt, channels);
    out = first;
  } else {
    const Size own = transposed ? first : channels, other = transposed ? second : first;
    const auto per_group = c.symbols().factored(own, count);
    if (!per_group) c.symbols().freeze(own);
    if (transposed) {
      if (!c.tie(first, channels)) return false;
      out = Size::constant(count) * second;
    } else {
      if (!c.tie(second,
                 per_group ? *per_group : Size::constant(c.symbols().value(channels) / count)))
        return false;
      if (!c.symbols().factored(other, count)) c.symbols().freeze(other);
      out = first;
    }
  }
  if (!tie_vectors(node, c, out, {"bias"})) return false;
  c.set(node, 0, with_recorded_tail(node, c, {(*input)[0], out}));
  return true;
}

bool forward_convolution(const Node& node, RuleContext& c) { return convolution(node, c, false); }
bool transposed_convolution(const Node& node, RuleContext& c) { return convolution(node, c, true); }

bool linear(const Node& node, RuleContext& c) {
  const Sizes *input = c.of(node, "input"), *weight = c.of(node, "weight");
  if (!input || !weight || weight->size() != 2 || input->empty()) return false;
  if (!c.tie((*weight)[1], input->back()) || !tie_vectors(node, c, (*weight)[0], {"bias"}))
    return false;
  Sizes out = *input;
  out.back() = (*weight)[0];
  c.set(node, 0, std::move(out));
  return true;
}

// [.., n, k] x [.., k, m]: vectors and broadcasts are left to the unknown.
bool product(RuleContext& c, const Node& node, const Sizes* a, const Sizes* b) {
  if (!a || !b || a->size() < 2 || a->size() < b->size() || b->size() < 2) return false;
  if (!c.tie(a->back(), (*b)[b->size() - 2])) return false;
  if (a->size() == b->size())
    for (std::size_t d = 0; d + 2 < a->size(); ++d)
      if (!c.tie((*a)[d], (*b)[d])) return false;
  if (a->size() != b->size() && b->size() != 2) return false;
  Sizes out = *a;
  out.back() = b->back();
  c.set(node, 0, std::move(out));
  return true;
}

bool matmul(const Node& node, RuleContext& c) {
  return product(c, node, c.of(node, "self"), c.of(node, node.op == "matmul" ? "other" : "mat2"));
}

bool addmm(const Node& node, RuleContext& c) {
  const Sizes *bias = c.of(node, "self"), *b = c.of(node, "mat2");
  if (!bias || bias->size() != 1 || !b || b->size() != 2 || !c.tie((*bias)[0], (*b)[1]))
    return false;
  return product(c, node, c.of(node, "mat1"), b);
}

bool channel_norm(const Node& node, RuleContext& c) {
  const Sizes* input = c.of(node, "input");
  if (!input || input->size() < 2) return false;
  if (!tie_vectors(node, c, (*input)[1], {"weight", "bias", "running_mean", "running_var"}))
    return false;
  c.set(node, 0, *input);
  return true;
}

bool group_norm(const Node& node, RuleContext& c) {
  const Sizes* input = c.of(node, "input");
  const auto groups = c.number(node, "num_groups", 0);
  if (!input || input->size() < 2 || !groups || *groups < 1) return false;
  if (!c.symbols().factored((*input)[1], static_cast<std::uint64_t>(*groups)))
    c.symbols().freeze((*input)[1]);
  return channel_norm(node, c);
}

// Over the last dimensions, whose sizes are an argument.
bool layer_norm(const Node& node, RuleContext& c) {
  const Sizes* input = c.of(node, "input");
  const Argument* argument = node.find("normalized_shape");
  const auto* shape = argument ? argument->get<ArgumentList>() : nullptr;
  if (!input || !shape || shape->size() > input->size()) return false;
  const std::size_t first = input->size() - shape->size();
  const Sizes last(input->begin() + static_cast<std::ptrdiff_t>(first), input->end());
  for (std::string_view name : {"weight", "bias"})
    if (const Sizes* vector = c.of(node, name))
      if (!c.tie_all(*vector, last)) return false;
  for (std::size_t d = 0; d < last.size(); ++d) c.patch(node, "normalized_shape", d, last[d]);
  c.set(node, 0, *input);
  return true;
}

// The number of entries is the data's to choose.
bool embedding(const Node& node, RuleContext& c) {
  const Sizes *weight = c.of(node, "weight"), *indices = c.of(node, "indices");
  if (!weight || weight->size() != 2 || !indices) return false;
  c.symbols().freeze((*weight)[0]);
  Sizes out = *indices;
  out.push_back((*weight)[1]);
  c.set(node, 0, std::move(out));
  return true;
}

bool attention(const Node& node, RuleContext& c) {
  const Sizes *query = c.of(node, "query"), *key = c.of(node, "key"), *value = c.of(node, "value");
  if (!query || !key || !value || query->size() < 2 || query->size() != key->size() ||
      key->size() != value->size())
    return false;
  const std::size_t n = query->size();
  if (!c.tie((*query)[n - 1], (*key)[n - 1]) || !c.tie((*key)[n - 2], (*value)[n - 2]))
    return false;
  for (std::size_t d = 0; d + 2 < n; ++d)
    if (!c.tie((*query)[d], (*key)[d]) || !c.tie((*key)[d], (*value)[d])) return false;
  if (const Sizes* mask = c.of(node, "attn_mask")) c.freeze(*mask);
  Sizes out = *query;
  out.back() = value->back();
  c.set(node, 0, std::move(out));
  return true;
}

// Per layer and direction: w_ih [4H, I], w_hh [4H, H], and with biases b_ih [4H], b_hh [4H].
bool lstm(const Node& node, RuleContext& c) {
  const Sizes* input = c.of(node, "input");
  const Argument *params = node.find("params"), *hx = node.find("hx");
  const auto *weights = params ? params->get<ArgumentList>() : nullptr,
             *states = hx ? hx->get<ArgumentList>() : nullptr;
  const Argument *biases = node.find("has_biases"), *both = node.find("bidirectional");
  if (!input || input->size() != 3 || !weights || !states || states->size() != 2 || !biases ||
      !both)
    return false;
  if (!biases->get<bool>() || !both->get<bool>()) return false;
  const std::size_t each = *biases->get<bool>() ? 4 : 2, directions = *both->get<bool>() ? 2 : 1;
  if (weights->empty() || weights->size() % (each * directions) != 0) return false;
  const Sizes* recurrent = c.of((*weights)[1]);
  if (!recurrent || recurrent->size() != 2) return false;
  const Size hidden = (*recurrent)[1];
  Size in = input->back();
  for (std::size_t w = 0; w < weights->size(); ++w) {
    const Sizes* weight = c.of((*weights)[w]);
    if (!weight || weight->empty() || !c.tie((*weight)[0], Size::constant(4) * hidden))
      return false;
    if (weight->size() != (w % each < 2 ? 2u : 1u)) return false;
    if (w % each == 0 && !c.tie((*weight)[1], in)) return false;
    if (w % each == 1 && !c.tie((*weight)[1], hidden)) return false;
    if ((w + 1) % (each * directions) == 0) in = Size::constant(directions) * hidden;
  }
  for (const Argument& state : *states) {
    const Sizes* sizes = c.of(state);
    if (!sizes || sizes->size() != 3 || !c.tie(sizes->back(), hidden)) return false;
  }
  Sizes out = *input;
  out.back() = in;
  const Sizes state = *c.of((*states)[0]);
  c.set(node, 0, std::move(out));
  for (std::size_t output : {1, 2})
    if (output < c.outputs(node).size()) c.set(node, output, state);
  return true;
}

}  // namespace

void add_layer_rules(WidthRules& rules) {
  for (const char* name : {"conv1d.default", "conv2d.default", "conv3d.default", "conv1d.padding",
                           "conv2d.padding", "conv3d.padding"})
    rules[name] = forward_convolution;
  for (const char* name :
       {"conv_transpose1d.default", "conv_transpose2d.input", "conv_transpose3d.input"})
    rules[name] = transposed_convolution;
  rules["linear.default"] = linear;
  for (const char* name : {"matmul.default", "mm.default", "bmm.default"}) rules[name] = matmul;
  rules["addmm.default"] = addmm;
  rules["batch_norm.default"] = channel_norm;
  rules["instance_norm.default"] = channel_norm;
  rules["group_norm.default"] = group_norm;
  rules["layer_norm.default"] = layer_norm;
  rules["rms_norm.default"] = layer_norm;
  rules["embedding.default"] = embedding;
  rules["scaled_dot_product_attention.default"] = attention;
  rules["lstm.input"] = lstm;
}

}  // namespace amalgam
