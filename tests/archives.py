"""Writes .pt2 archives of any size and shape, as torch.export.save does: exporting them would take too long."""

import json
import zipfile

import numpy

FLOAT32 = 7
BATCH = {
    "as_expr": {
        "expr_str": "Symbol('s77', positive=True, integer=True)",
        "hint": {"as_int": 4},
    }
}


def tensor(name):
    return {"as_tensor": {"name": name}}


def tensors(names):
    return {"as_tensors": [{"name": name} for name in names]}


def number(value):
    return {"as_int": value}


def ints(values):
    return {"as_ints": list(values)}


def arguments(values, keyword=False):
    """From the schema's names and arguments."""
    return [{"name": n, "arg": a, "kind": 2 if keyword else 1} for n, a in values]


def meta(sizes, dtype=FLOAT32, grad=False):
    strides, dense = [], 1
    for size in reversed(sizes):
        strides.insert(0, {"as_int": dense})
        dense *= size if isinstance(size, int) else 4
    return {
        "dtype": dtype,
        "sizes": [s if isinstance(s, dict) else {"as_int": s} for s in sizes],
        "requires_grad": grad,
        "device": {"type": "cpu", "index": None},
        "strides": strides,
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }


class Archive:
    """A program under construction. Values are named by whoever makes them; sizes of BATCH are symbolic."""

    def __init__(self):
        self.nodes, self.values, self.placeholders = [], {}, []
        self.inputs, self.specs, self.weights = [], [], {}

    def parameter(self, name, array):
        """A trainable parameter; returns the name of its value."""
        value = "p_" + name.replace(".", "_")
        array = numpy.ascontiguousarray(array, numpy.float32)
        self.values[value] = meta(array.shape, grad=True)
        self.weights[name] = array
        self.placeholders.append(tensor(value))
        spec = {"arg": {"name": value}, "parameter_name": name}
        self.specs.append({"parameter": spec})
        return value

    def input(self, name, sizes):
        self.values[name] = meta([BATCH, *sizes])
        self.inputs.append(name)
        return name

    def node(self, target, inputs, name, sizes, batch=True):
        """aten.<target> of (argument, value) pairs; returns `name`, its result."""
        self.values[name] = meta([BATCH, *sizes] if batch else sizes)
        self.nodes.append(
            {
                "target": "torch.ops.aten." + target,
                "inputs": arguments(inputs),
                "outputs": [tensor(name)],
                "metadata": {},
            }
        )
        return name

    def unary(self, target, value, name, sizes):
        return self.node(target, [("self", tensor(value))], name, sizes)

    def add(self, a, b, name, sizes):
        pair = [("self", tensor(a)), ("other", tensor(b))]
        return self.node("add.Tensor", pair, name, sizes)

    def linear(self, layer, value, sizes, out):
        """A linear layer with a weight alone, of zeros."""
        weight = self.parameter(layer + ".weight", numpy.zeros((out, sizes[-1])))
        pair = [("input", tensor(value)), ("weight", tensor(weight))]
        return self.node("linear.default", pair, layer, [*sizes[:-1], out])

    def program(self, output):
        users = [{"user_input": {"arg": tensor(name)}} for name in self.inputs]
        leaf = '{"type": null, "context": null, "children_spec": []}'
        signature = {"in_spec": f"[1, {leaf}]", "out_spec": f"[1, {leaf}]"}
        return {
            "graph_module": {
                "graph": {
                    "inputs": self.placeholders + [tensor(n) for n in self.inputs],
                    "outputs": [tensor(output)],
                    "nodes": self.nodes,
                    "tensor_values": self.values,
                    "sym_int_values": {},
                    "sym_bool_values": {},
                },
                "signature": {
                    "input_specs": self.specs + users,
                    "output_specs": [{"user_output": {"arg": tensor(output)}}],
                },
                "module_call_graph": [{"fqn": "", "signature": signature}],
            },
            "opset_version": {"aten": 10},
            "range_constraints": {"s77": {"min_val": 2, "max_val": None}},
            "schema_version": {"major": 8, "minor": 20},
            "torch_version": "2.13.0",
        }

    def save(self, path, output, edit=lambda program: None):
        """With `edit`, the program is changed before it is written."""
        program = self.program(output)
        edit(program)
        config = {}
        with zipfile.ZipFile(path, "w") as archive:
            for i, (name, array) in enumerate(self.weights.items()):
                archive.writestr(f"m/data/weights/weight_{i}", array.tobytes())
                config[name] = {
                    "path_name": f"weight_{i}",
                    "is_param": True,
                    "use_pickle": False,
                    "tensor_meta": meta(array.shape, grad=True),
                }
            text = json.dumps({"config": config})
            archive.writestr("m/data/weights/model_weights_config.json", text)
            archive.writestr("m/models/model.json", json.dumps(program))
            archive.writestr("m/byteorder", "little")
        return path
