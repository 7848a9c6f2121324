#include "graph/read_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "formats/pt2.h"
#include "graph/operations/allowed_operations.h"
#include "graph/operations/table.h"
#include "graph/read_arguments.h"

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}
[[noreturn]] void unsupported(const std::string& where, std::string what) {
  throw Error(ErrorCode::kUnsupported, where, std::move(what));
}

// Text of an archive on its way into a message.
std::string shown(std::string text) {
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return text;
}

bool is_assertion(const std::string& op) {
  const Operation* row = any_overload(op);
  return row && row->has(Trait::kAssertion);
}

// Operators and functions of Python on symbolic numbers that the exporter writes.
bool read_number_target(const std::string& target, Node& node) {
  const Operation* row = find_operation(target);
  if (!row || !row->has(Trait::kPython)) return false;
  const std::size_t dot = target.find('.');
  node.kind = NodeKind::kPython;
  node.space = target.substr(0, dot);
  node.op = target.substr(dot + 1);
  return true;
}

// Names in double underscores are no identifiers; those with a row are known to be harmless.
bool may_be_called(const std::string& op) {
  return is_identifier(op) || (op.starts_with("__") && any_overload(op));
}

void parse_target(const std::string& target, Node& node, const std::string& where) {
  if (read_number_target(target, node)) return;
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= target.size();) {
    const std::size_t dot = std::min(target.find('.', at), target.size());
    parts.push_back(target.substr(at, dot - at));
    at = dot + 1;
  }
  const bool shaped = parts.size() == 5 && parts[0] == "torch" && parts[1] == "ops" &&
                      may_be_called(parts[3]) && is_identifier(parts[4]);
  const bool known = shaped && (parts[2] == "aten" || parts[2] == "prims");
  if (!known)
    unsupported(where,
                fmt::format("calls '{}'; only PyTorch's own operations (torch.ops.aten, "
                            "torch.ops.prims) can go into a job: rewrite the model without it",
                            shown(target)));
  if (!is_allowed_operation(parts[2], parts[3], parts[4]) && !is_assertion(parts[3]))
    unsupported(where,
                fmt::format("calls '{}', which is not among the operations that compute with their "
                            "own tensors and do nothing else; only these can go into a job: "
                            "rewrite the model without it",
                            shown(target)));
  node.space = parts[2];
  node.op = parts[3];
  node.overload = parts[4];
}

Dim read_dim(const Json& size, const std::string& where) {
  const auto [tag, inner] = union_member(size, where);
  if (tag == "as_int") return {json_unsigned(*inner, where), false, ""};
  if (tag != "as_expr") damaged(where, "expected a size");
  Dim dim{0, true, ""};
  std::string text = json_string(*inner, "expr_str", where);
  static constexpr std::string_view kSymbol = "Symbol('";
  if (text.starts_with(kSymbol) && text.find('(', kSymbol.size()) == std::string::npos) {
    const std::size_t end = text.find('\'', kSymbol.size());
    text = text.substr(kSymbol.size(), end == std::string::npos ? end : end - kSymbol.size());
  }
  if (is_identifier(text)) dim.symbol = text;
  if (const auto hint = inner->find("hint"); hint != inner->end() && hint->is_object())
    if (const auto value = hint->find("as_int");
        value != hint->end() && value->is_number_unsigned())
      dim.size = value->get<std::uint64_t>();
  return dim;
}

Value read_value(const GraphJson& graph, const std::string& name, const std::string& where) {
  Value value;
  const Json* found = graph.tensor(name);
  if (!found) {
    value.kind = Value::Kind::kNumber;
    return value;
  }
  const Json& dtype = json_member(*found, "dtype", where);
  if (!dtype.is_number_integer()) damaged(where, "a value's dtype is no number");
  value.dtype = dtype_from_schema(dtype.get<std::int64_t>(), where);
  const Json& sizes = json_array(*found, "sizes", where);
  check_limit(sizes.size(), kArrayDimensions, where + ": sizes of '" + shown(name) + "'");
  for (const Json& size : sizes) value.shape.push_back(read_dim(size, where));
  return value;
}

// Whether an overload ("Tensor_out", "out_mode", "OutScalar_Self") takes the tensor that its result
// goes into: one of its words says so ("dtype_layout" has none that does).
bool writes_elsewhere(const Node& node) {
  const std::string words = "_" + node.overload + "_";
  return words.find("_out_") != std::string::npos || words.find("_Out") != std::string::npos;
}

// That an argument may be written as code behind the node's others.
void check_name(NamedArgument& named, const Node& node, const std::string& where) {
  if (named.keyword && !is_identifier(named.name))
    unsupported(where, "has a keyword argument '" + shown(named.name) + "' that is no identifier");
  if (!is_identifier(named.name)) named.name.clear();
  if (!named.keyword && !node.arguments.empty() && node.arguments.back().keyword)
    damaged(where, "has an argument by position behind one by keyword");
}

// The names that a node's or graph's output argument defines or returns.
std::vector<std::string> output_names(const Json& argument, const std::string& where) {
  const auto [tag, inner] = union_member(argument, where);
  if (tag == "as_tensor") return {json_string(*inner, "name", where)};
  if (tag == "as_none") return {};
  if (tag == "as_sym_int" || tag == "as_sym_float" || tag == "as_sym_bool")
    return {json_string(*inner, "as_name", where)};
  if (tag == "as_tensors") {
    std::vector<std::string> names;
    for (const Json& item : *inner) names.push_back(json_string(item, "name", where));
    return names;
  }
  if (tag == "as_optional_tensor")
    return inner->contains("as_tensor") ? output_names(*inner, where) : std::vector<std::string>{};
  unsupported(where, "returns a value of kind '" + shown(tag) + "'");
}

}  // namespace

ValueId lookup(const Scope& scope, const std::string& name, const std::string& where) {
  const auto found = scope.find(name);
  if (found == scope.end()) damaged(where, "uses '" + shown(name) + "' before anything defines it");
  return found->second;
}

GraphJson::GraphJson(const Json& graph, const std::string& where) : graph_(graph) {
  const Json& tensors = json_member(graph, "tensor_values", where);
  if (!tensors.is_object()) damaged(where, "expected an object under 'tensor_values'");
  for (const auto& [name, value] : tensors.get_ref<const Json::object_t&>())
    tensors_.emplace(name, &value);
}

const Json* GraphJson::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

ValueId NodeReader::define(const GraphJson& graph, Scope& scope, const std::string& name,
                           const std::string& where) {
  check_limit(values_.size() + 1, kGraphValues, where);
  const auto id = static_cast<ValueId>(values_.size());
  if (!scope.emplace(name, id).second) damaged(where, "defines '" + shown(name) + "' twice");
  values_.push_back(read_value(graph, name, where));
  return id;
}

std::vector<Node> NodeReader::read(const GraphJson& graph, Scope& scope, const std::string& where) {
  std::vector<Node> nodes;
  std::size_t index = 0;
  for (const Json& node : json_array(graph.json(), "nodes", where)) {
    const std::string at = fmt::format("{}/nodes/{}", where, index++);
    try {
      if (auto read = read_node(graph, node, scope, at)) nodes.push_back(std::move(*read));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
      for (const Finding& f : error.findings()) findings_.add(f.code, f.where, f.what);
      // Go on, so that all unsupported operations are named at once.
      Node unknown;
      define_outputs(graph, node, scope, unknown, at);
    }
  }
  return nodes;
}

std::optional<Node> NodeReader::read_node(const GraphJson& graph, const Json& node, Scope& scope,
                                          const std::string& where) {
  const std::string target = json_string(node, "target", where);
  static constexpr std::string_view kHigherOrder = "torch.ops.higher_order.";
  if (target == std::string(kHigherOrder) + "wrap_with_set_grad_enabled" ||
      target == std::string(kHigherOrder) + "wrap_with_autocast")
    return read_subgraph(node, scope, where);
  Node out = read_call(node, scope, where);
  if (is_assertion(out.op)) return std::nullopt;
  define_outputs(graph, node, scope, out, where);
  return out;
}

Node NodeReader::read_call(const Json& node, const Scope& scope, const std::string& where) {
  Node out;
  parse_target(json_string(node, "target", where), out, where);
  if (is_assertion(out.op)) return out;
  const ValueLookup find = [&](const std::string& name, const std::string& at) {
    return lookup(scope, name, at);
  };
  const std::string at = where + " (" + shown(out.name()) + ")";
  std::set<std::string> names;
  for (const Json& input : json_array(node, "inputs", where)) {
    NamedArgument named;
    named.name = json_string(input, "name", where);
    named.keyword = input.contains("kind") && input["kind"] == 2;
    check_name(named, out, at);
    if (!named.name.empty() && !names.insert(named.name).second)
      damaged(at, "has the argument '" + named.name + "' twice");
    named.argument = read_argument(json_member(input, "arg", at), find, at);
    out.arguments.push_back(std::move(named));
  }
  if (writes_elsewhere(out) && !names.count("out"))
    damaged(at, "writes its result into 'out', which it does not have");
  return out;
}

void NodeReader::define_outputs(const GraphJson& graph, const Json& node, Scope& scope, Node& out,
                                const std::string& where) {
  for (const Json& output : json_array(node, "outputs", where)) {
    Output made;
    made.is_list = union_member(output, where).first == "as_tensors";
    for (const std::string& name : output_names(output, where))
      made.ids.push_back(define(graph, scope, name, where));
    if (made.is_list || !made.ids.empty()) out.outputs.push_back(std::move(made));
  }
}

Node NodeReader::read_subgraph(const Json& node, Scope& scope, const std::string& where) {
  Node out;
  check_limit(depth_ + 1, kSubgraphDepth, where);
  const bool grad = json_string(node, "target", where).ends_with("set_grad_enabled");
  out.kind = grad ? NodeKind::kSetGrad : NodeKind::kAutocast;
  const Json& inputs = json_array(node, "inputs", where);
  const std::size_t settings = grad ? 1 : 4;
  if (inputs.size() <= settings) damaged(where, "has too few arguments");
  const ValueLookup find = [&](const std::string& name, const std::string& at) {
    return lookup(scope, name, at);
  };
  auto argument = [&](std::size_t i) {
    return read_argument(json_member(inputs[i], "arg", where), find, where);
  };
  for (std::size_t i = 0; i < settings; ++i) out.arguments.push_back({"", argument(i), false});

  const Json& wrapped = json_member(json_member(inputs[settings], "arg", where), "as_graph", where);
  const GraphJson graph(json_member(wrapped, "graph", where), where);
  const Json& parameters = json_array(graph.json(), "inputs", where);
  if (parameters.size() != inputs.size() - settings - 1)
    damaged(where, "a subgraph's inputs do not match");
  Scope inner;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Argument outer = argument(settings + 1 + i);
    const ValueRef* value = outer.get<ValueRef>();
    if (!value) unsupported(where, "passes something that is no value into a subgraph");
    for (const std::string& name : output_names(parameters[i], where))
      inner.emplace(name, value->id);
  }
  auto body = std::make_shared<Graph>();
  ++depth_;
  body->nodes = read(graph, inner, where + "/graph");
  --depth_;

  // The results are the inner values themselves, under the outer names.
  std::vector<ValueId> results;
  for (const Json& output : json_array(graph.json(), "outputs", where))
    for (const std::string& name : output_names(output, where))
      results.push_back(lookup(inner, name, where));
  std::vector<std::string> names;
  for (const Json& output : json_array(node, "outputs", where))
    for (const std::string& name : output_names(output, where)) names.push_back(name);
  if (names.size() != results.size()) damaged(where, "a subgraph's outputs do not match");
  for (std::size_t i = 0; i < names.size(); ++i) scope[names[i]] = results[i];
  out.body = std::move(body);
  return out;
}

}  // namespace amalgam
