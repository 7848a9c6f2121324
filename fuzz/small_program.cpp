#include "small_program.h"

#include "edits.h"

namespace amalgam::fuzz {
namespace {

constexpr const char* kProgram = R"json({
"graph_module": {
  "graph": {
    "inputs": [{"as_tensor": {"name": "x"}}],
    "outputs": [{"as_tensor": {"name": "y"}}],
    "nodes": [{"target": "torch.ops.aten.relu.default",
               "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}, "kind": 1}],
               "outputs": [{"as_tensor": {"name": "y"}}]}],
    "tensor_values": {
      "w": {"dtype": 7, "sizes": [{"as_int": 3}]},
      "x": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "Symbol('s0', positive=True)",
                                               "hint": {"as_int": 2}}}, {"as_int": 3}]},
      "y": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "s0"}}, {"as_int": 3}]}}},
  "signature": {
    "input_specs": [{"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
    "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "y"}}}}]},
  "module_call_graph": [{"signature": {"out_spec":
    "[1, {\"type\": \"builtins.dict\", \"context\": \"[\\\"logits\\\"]\", \"children_spec\": [{\"type\": null, \"context\": null, \"children_spec\": []}]}]"}}]},
"range_constraints": {"s0": {"min_val": 2, "max_val": 64}}})json";

#define NODES "/graph_module/graph/nodes"
#define NODE NODES "/0"
#define INPUT "/graph_module/signature/input_specs/0"
#define OUTPUT "/graph_module/signature/output_specs/0"
#define TENSOR "/graph_module/graph/tensor_values/x"

// What a node may be given, and after "wrong" what it may not.
constexpr const char* kArguments[] = {
    R"({"as_none": true})", R"({"as_int": 3})", R"({"as_float": 0.5})", R"({"as_bool": true})",
    R"({"as_float": "Infinity"})", R"({"as_float": "-Infinity"})", R"({"as_float": "NaN"})",
    R"({"as_string": "tanh"})", R"({"as_scalar_type": 7})", R"({"as_memory_format": 1})",
    R"({"as_memory_format": 2})", R"({"as_memory_format": 3})", R"({"as_memory_format": 4})",
    R"({"as_device": {}})", R"({"as_complex": {"real": 1, "imag": 2.5}})", R"({"as_layout": 7})",
    R"({"as_ints": [1, -1]})", R"({"as_floats": [1.5]})", R"({"as_bools": [true]})",
    R"({"as_strings": ["a"]})", R"({"as_tensors": [{"name": "x"}]})",
    R"({"as_sym_int": {"as_int": 2}})", R"({"as_sym_float": {"as_float": 2}})",
    R"({"as_sym_bool": {"as_bool": false}})", R"({"as_sym_int": {"as_name": "x"}})",
    R"({"as_sym_ints": [{"as_int": 1}]})", R"({"as_optional_tensor": {"as_none": true}})",
    R"({"as_optional_tensors": [{"as_tensor": {"name": "x"}}, {"as_none": true}]})",
    R"({"as_int_lists": [[1], [2]]})", R"({"as_float_lists": [[1]]})",
    R"({"as_nested_tensors": [[{"name": "x"}]]})",
    // Wrong.
    R"({"as_int": "3"})", R"({"as_int": 18446744073709551615})", R"({"as_float": "x"})",
    R"({"as_bool": 1})", R"({"as_string": 1})", R"({"as_string": "a'b"})",
    R"({"as_scalar_type": 99})", R"({"as_memory_format": 9})", R"({"as_layout": 1})",
    R"({"as_ints": 3})", R"({"as_sym_int": {"as_name": 1}})", R"({"as_sym_int": {"as_x": 1}})",
    R"({"as_optional_tensor": {"as_x": 1}})", R"({"as_tensor": {"name": "nowhere"}})",
    R"({"as_custom_obj": {}})", R"({"as_graph": {}})", R"({"as_new": 1})", R"({"a": 1, "b": 2})"};

struct Change {
  const char* pointer;
  const char* value;
};

// Of the node itself.
constexpr Change kNodes[] = {
    {NODE "/target", R"("_operator.add")"},
    {NODE "/target", R"("math.ceil")"},
    {NODE "/target", R"("torch.ops.aten.__and__.Tensor")"},
    {NODE "/target", R"("torch.ops.aten._assert_async.msg")"},
    {NODE "/target", R"("torch.ops.aten.save.default")"},
    {NODE "/target", R"("torch.ops.mine.relu.default")"},
    {NODE "/target",
     R"("é is no target, and this one is so long that it does not fit in a message as a whole")"},
    {NODE "/outputs/0", R"({"as_none": true})"},
    {NODE "/outputs/0", R"({"as_sym_int": {"as_name": "y"}})"},
    {NODE "/outputs/0", R"({"as_tensors": [{"name": "y"}, {"name": "z"}]})"},
    {NODE "/outputs/0", R"({"as_optional_tensor": {"as_tensor": {"name": "y"}}})"},
    {NODE "/outputs/0", R"({"as_optional_tensor": {"as_none": true}})"},
    {NODE "/outputs/0", R"({"as_float": 1})"},
    {NODE "/outputs/0", R"({"as_tensor": {"name": "x"}})"},
    {NODE "/inputs/1", R"({"name": "self", "arg": {"as_int": 1}, "kind": 1})"},
    {NODE "/inputs/1", R"({"name": "not one", "arg": {"as_int": 1}, "kind": 2})"},
    {NODE "/inputs/0", R"({"name": "class", "arg": {"as_tensor": {"name": "x"}}, "kind": 1})"},
    {NODE "/inputs", R"([{"name": "a", "arg": {"as_int": 1}, "kind": 2},
                         {"name": "b", "arg": {"as_int": 1}, "kind": 1}])"},
};

// Of the signature, the values and what stands beside the graph.
constexpr Change kSignatures[] = {
    {INPUT, R"({"user_input": {"arg": {"as_none": true}}})"},
    {INPUT, R"({"user_input": {"arg": {"as_int": 1}}})"},
    {INPUT, R"({"token": {}})"},
    {"/graph_module/signature/input_specs/1",
     R"({"parameter": {"arg": {"name": "w"}, "parameter_name": "w"}})"},
    {"/graph_module/signature/input_specs/1",
     R"({"buffer": {"arg": {"name": "w"}, "buffer_name": "w", "persistent": true}})"},
    {"/graph_module/signature/input_specs/1",
     R"({"tensor_constant": {"arg": {"name": "w"}, "tensor_constant_name": "w"}})"},
    {"/graph_module/signature/input_specs/1", R"({"constant_input": {"name": "n"}})"},
    {OUTPUT, R"({"buffer_mutation": {"arg": {"name": "y"}, "buffer_name": "w"}})"},
    {OUTPUT, R"({"user_input_mutation": {}})"},
    {OUTPUT, R"({"loss_output": {}})"},
    {"/graph_module/signature/output_specs", "[]"},
    {TENSOR "/sizes/0", R"({"as_int": 2})"},
    {TENSOR "/sizes/0", R"({"as_expr": {"expr_str": "2*s0"}})"},
    {TENSOR "/sizes/0", R"({"as_size": 2})"},
    {TENSOR "/dtype", R"("float32")"},
    {"/graph_module/graph/tensor_values", "[]"},
    {"/graph_module/graph/tensor_values/x", "removed"},
    {"/range_constraints/s0", "2"},
    {"/range_constraints", "[]"},
    {"/graph_module/module_call_graph/0/signature/out_spec", R"("[1, {\"children_spec\": 1}]")"},
    {"/graph_module/module_call_graph/0/signature/out_spec",
     R"("[1, {\"type\": \"a.Output\", \"context\": \"[\\\"a.Output\\\", [\\\"logits\\\"]]\", \"children_spec\": [{}]}]")"},
    {"/graph_module/module_call_graph/0/signature/out_spec",
     R"("[1, {\"type\": \"builtins.list\", \"context\": \"no JSON\", \"children_spec\": [{}]}]")"},
    {"/graph_module/module_call_graph", "1"},
};

constexpr const char* kSubgraph = R"json({
  "target": "torch.ops.higher_order.wrap_with_set_grad_enabled",
  "inputs": [{"name": "enabled", "arg": {"as_bool": false}, "kind": 1},
             {"name": "body", "arg": {"as_graph": {"name": "g", "graph": {
                "inputs": [{"as_tensor": {"name": "x"}}],
                "outputs": [{"as_tensor": {"name": "inside"}}],
                "nodes": [{"target": "torch.ops.aten.relu.default",
                           "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}, "kind": 1}],
                           "outputs": [{"as_tensor": {"name": "inside"}}]}],
                "tensor_values": {"inside": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "s0"}}, {"as_int": 3}]}}}}},
              "kind": 1},
             {"name": "x", "arg": {"as_tensor": {"name": "x"}}, "kind": 1}],
  "outputs": [{"as_tensors": [{"name": "y"}]}]})json";

#define BODY NODE "/inputs/1/arg/as_graph/graph"

constexpr Change kSubgraphs[] = {
    {NODE "/inputs/0/arg", R"({"as_bool": true})"},
    {NODE "/inputs", "[]"},
    {NODE "/inputs/2", "removed"},
    {NODE "/inputs/2/arg", R"({"as_int": 1})"},
    {NODE "/outputs", "[]"},
    {BODY "/nodes/0/target", R"("torch.ops.aten.save.default")"},
    {NODE "/target", R"("torch.ops.higher_order.wrap_with_autocast")"},
};

}  // namespace

Json small_program() { return Json::parse(kProgram); }

std::vector<Json> small_programs() {
  const Json small = small_program();
  std::vector<Json> all = {small};
  for (const char* argument : kArguments) {
    Json program = changed(small, NODE "/inputs/1", R"({"name": "a", "kind": 1})");
    program[Json::json_pointer(NODE "/inputs/1/arg")] = Json::parse(argument);
    all.push_back(std::move(program));
  }
  for (const Change& change : kNodes) all.push_back(changed(small, change.pointer, change.value));
  for (const Change& change : kSignatures)
    all.push_back(changed(small, change.pointer, change.value));
  const Json nested = changed(small, NODE, kSubgraph);
  all.push_back(nested);
  for (const Change& change : kSubgraphs)
    all.push_back(changed(nested, change.pointer, change.value));
  Json autocast = changed(nested, NODE "/target", R"("torch.ops.higher_order.wrap_with_autocast")");
  Json& inputs = autocast[Json::json_pointer(NODE "/inputs")];
  Json settings = Json::parse(R"([{"name": "device_type", "arg": {"as_string": "cpu"}},
    {"name": "dtype", "arg": {"as_scalar_type": 13}}, {"name": "enabled", "arg": {"as_bool": true}},
    {"name": "cache_enabled", "arg": {"as_bool": true}}])");
  for (std::size_t i = 1; i < inputs.size(); ++i) settings.push_back(inputs[i]);
  inputs = settings;
  all.push_back(autocast);
  return all;
}

}  // namespace amalgam::fuzz
