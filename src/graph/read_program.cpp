#include "graph/read_program.h"

#include <fmt/format.h>

#include <functional>
#include <set>

#include "graph/operations/table.h"
#include "graph/read_arguments.h"
#include "graph/read_nodes.h"

namespace amalgam {
namespace {

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}
[[noreturn]] void unsupported(const std::string& where, std::string what) {
  throw Error(ErrorCode::kUnsupported, where, std::move(what));
}

// Leaves of a pytree (torch/utils/_pytree.py), with the key of the dictionary that holds each of
// them.
void collect_leaves(const Json& spec, const std::string& name, const std::string& where,
                    std::vector<std::string>& out) {
  if (!spec.is_object() || !spec.contains("children_spec")) return;
  const Json& children = spec["children_spec"];
  if (!children.is_array()) return;
  if (spec.contains("type") && spec["type"].is_null()) return out.push_back(name);
  std::vector<std::string> keys(children.size(), name);
  if (spec.contains("context") && spec["context"].is_string()) {
    const Json context =
        parse_json_string(spec["context"].get_ref<const std::string&>(), where + ": context")
            .value_or(Json());
    // A dict's context is its keys; an OrderedDict's and a ModelOutput's may lie one list deeper.
    const Json* names = &context;
    if (context.is_array() && context.size() == 2 && context[1].is_array()) names = &context[1];
    if (names->is_array() && names->size() == children.size())
      for (std::size_t i = 0; i < keys.size(); ++i)
        if ((*names)[i].is_string()) keys[i] = (*names)[i].get<std::string>();
  }
  for (std::size_t i = 0; i < children.size(); ++i)
    collect_leaves(children[i], keys[i], where, out);
}

std::vector<std::string> output_leaves(const Json& module, std::size_t count,
                                       const std::string& where) {
  std::vector<std::string> names;
  const auto calls = module.find("module_call_graph");
  if (calls != module.end() && calls->is_array() && !calls->empty() && calls->front().is_object()) {
    const Json& signature = calls->front().value("signature", Json());
    if (signature.is_object() && signature.value("out_spec", Json()).is_string()) {
      const auto spec = parse_json_string(signature["out_spec"].get_ref<const std::string&>(),
                                          where + ": out_spec");
      if (spec && spec->is_array() && spec->size() == 2)
        collect_leaves((*spec)[1], "", where, names);
    }
  }
  names.resize(count);
  return names;
}

class ProgramReader {
 public:
  ProgramReader(const Json& program, const std::string& where)
      : module_(json_member(program, "graph_module", where)),
        graph_(json_member(module_, "graph", where), where),
        signature_(json_member(module_, "signature", where)),
        where_(where),
        nodes_(parsed_.program.values, findings_) {
    if (const auto ranges = program.find("range_constraints");
        ranges != program.end() && ranges->is_object())
      for (const auto& [symbol, range] : ranges->get_ref<const Json::object_t&>())
        ranges_.emplace(symbol, &range);
  }

  ParsedProgram read() {
    read_inputs();
    findings_.raise();
    parsed_.program.graph.nodes = nodes_.read(graph_, scope_, where_ + ": graph");
    read_outputs();
    findings_.raise();
    read_batch_range();
    return std::move(parsed_);
  }

 private:
  void read_inputs() {
    for (const Json& spec : json_array(signature_, "input_specs", where_)) {
      const auto [tag, inner] = union_member(spec, where_ + ": input_specs");
      if (tag == "user_input") {
        read_user_input(json_member(*inner, "arg", where_));
      } else if (tag == "parameter") {
        add_tensor(*inner, TensorSpec::Source::kParameter, true, "parameter_name");
      } else if (tag == "buffer") {
        const bool persistent = json_member(*inner, "persistent", where_) == true;
        add_tensor(*inner, TensorSpec::Source::kBuffer, persistent, "buffer_name");
      } else if (tag == "tensor_constant") {
        add_tensor(*inner, TensorSpec::Source::kConstant, false, "tensor_constant_name");
      } else if (tag != "constant_input") {
        findings_.add(ErrorCode::kUnsupported, where_,
                      "takes an input of kind '" + tag.substr(0, 40) + "' (a custom object, say)");
      }
    }
  }

  void read_user_input(const Json& argument) {
    const auto [tag, inner] = union_member(argument, where_ + ": input");
    if (tag == "as_none") return;
    if (tag != "as_tensor") {
      findings_.add(ErrorCode::kUnsupported, where_,
                    "takes an input that is no tensor (" + tag.substr(0, 40) + ")");
      return;
    }
    const std::string name = json_string(*inner, "name", where_);
    parsed_.program.inputs.push_back({name, nodes_.define(graph_, scope_, name, where_)});
  }

  void add_tensor(const Json& spec, TensorSpec::Source source, bool persistent, const char* key) {
    const std::string name = json_string(json_member(spec, "arg", where_), "name", where_);
    const ValueId value = nodes_.define(graph_, scope_, name, where_);
    parsed_.tensors.push_back({source, persistent, json_string(spec, key, where_), value});
  }

  void read_outputs() {
    const Json& outputs = json_array(graph_.json(), "outputs", where_);
    const Json& specs = json_array(signature_, "output_specs", where_);
    if (outputs.size() != specs.size()) damaged(where_, "outputs and output_specs do not match");
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto [tag, inner] = union_member(specs[i], where_ + ": output_specs");
      const auto [kind, value] = union_member(outputs[i], where_ + ": outputs");
      std::optional<ValueId> id;
      if (kind == "as_tensor") id = lookup(scope_, json_string(*value, "name", where_), where_);
      if (tag == "user_output") {
        parsed_.program.graph.outputs.push_back(id);
      } else if (tag == "buffer_mutation" && id) {
        parsed_.updates.emplace_back(json_string(*inner, "buffer_name", where_), *id);
      } else if (tag != "user_input_mutation") {
        unsupported(where_, "returns a '" + tag.substr(0, 40) + "', which a job has no place for");
      }
    }
    parsed_.program.output_names =
        output_leaves(module_, parsed_.program.graph.outputs.size(), where_ + ": out_spec");
  }

  void read_batch_range() {
    Program& program = parsed_.program;
    if (program.inputs.empty()) damaged(where_, "takes no tensor as input");
    for (const ModelInput& input : program.inputs) {
      const Value& value = program.values[input.value];
      if (value.shape.empty() || !value.shape.front().symbolic)
        throw Error(
            ErrorCode::kInvalid, where_,
            fmt::format("input '{}' has a fixed batch size; export with dynamic_shapes=({{0: "
                        "torch.export.Dim.DYNAMIC}},) and an example batch of at least 2",
                        input.name));
      const auto range = ranges_.find(value.shape.front().symbol);
      if (range == ranges_.end() || !range->second->is_object()) continue;
      const Json least = range->second->value("min_val", Json()),
                 most = range->second->value("max_val", Json());
      if (least.is_number_unsigned())
        program.least_batch = std::max(program.least_batch, least.get<std::uint64_t>());
      if (most.is_number_unsigned())
        program.most_batch = std::min(program.most_batch, most.get<std::uint64_t>());
    }
  }

  const Json& module_;
  GraphJson graph_;
  const Json& signature_;
  std::map<std::string_view, const Json*> ranges_;  // by the symbol
  std::string where_;
  Findings findings_;
  ParsedProgram parsed_;
  Scope scope_;
  NodeReader nodes_;
};

void mark_used(const Argument& argument, std::vector<bool>& used) {
  if (const auto* ref = argument.get<ValueRef>()) used[ref->id] = true;
  if (const auto* list = argument.get<ArgumentList>())
    for (const Argument& item : *list) mark_used(item, used);
}

bool any_used(const Node& node, const std::vector<bool>& used) {
  for (const Output& output : node.outputs)
    for (ValueId id : output.ids)
      if (used[id]) return true;
  return false;
}

void drop_unused(std::vector<Node>& nodes, std::vector<bool>& used) {
  std::vector<Node> kept;
  for (auto at = nodes.rbegin(); at != nodes.rend(); ++at) {
    Node& node = *at;
    if (has(node, Trait::kNumber) && !any_used(node, used)) continue;
    for (const NamedArgument& named : node.arguments) mark_used(named.argument, used);
    if (node.body) {
      auto body = std::make_shared<Graph>(*node.body);
      drop_unused(body->nodes, used);
      node.body = std::move(body);
    }
    kept.push_back(std::move(node));
  }
  nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

}  // namespace

ParsedProgram read_program(const Json& program, const std::string& where) {
  ParsedProgram parsed = ProgramReader(program, where).read();
  std::vector<bool> used(parsed.program.values.size());
  for (const auto& output : parsed.program.graph.outputs)
    if (output) used[*output] = true;
  for (const auto& [name, value] : parsed.updates) used[value] = true;
  drop_unused(parsed.program.graph.nodes, used);
  return parsed;
}

}  // namespace amalgam
