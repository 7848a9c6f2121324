"""Models that are damaged, crafted, or of versions that can't be read: one clear line, and no job."""

import zipfile

import pytest
from command_lines import obfuscate_call
from conftest import refused, run
from damage import cut, damaged, edit_archive, edit_program, edited_json, flipped


def attempt(folder, model, says="", status=1):
    call = obfuscate_call(folder, model=model, data="one.npz")
    lines = refused(*call, says=says, status=status)
    assert not [p for p in folder.iterdir() if "incomplete" in p.name]
    return lines


def nodes(program):
    return program["graph_module"]["graph"]["nodes"]


def first_linear(program):
    return next(n for n in nodes(program) if "linear" in n["target"])


def target(name):
    return lambda p: first_linear(p).update(target=name)


def keyword(name):
    def change(program):
        first_linear(program)["inputs"][0].update(name=name, kind=2)

    return change


def named(place, name, kind):
    def change(program):
        first_linear(program)["inputs"][place].update(name=name, kind=kind)

    return change


def keywords(*names):
    extra = [{"name": n, "arg": {"as_int": 1}, "kind": 2} for n in names]
    return lambda p: first_linear(p)["inputs"].extend(extra)


def nested(spec):
    """JSON inside a string of JSON."""

    def change(program):
        call = program["graph_module"]["module_call_graph"][0]
        call["signature"][spec] = "[" * 50_000 + "]" * 50_000

    return change


def dimensions(program):
    values = program["graph_module"]["graph"]["tensor_values"]
    next(iter(values.values()))["sizes"] = [{"as_int": 1}] * 100


def subgraphs(depth):
    """The last node inside no_grad inside no_grad."""

    def change(program):
        graph = program["graph_module"]["graph"]
        last = graph["nodes"].pop()
        outputs, values = last["outputs"], graph["tensor_values"]
        names = {i["arg"]["as_tensor"]["name"] for i in last["inputs"]}
        passed = [{"as_tensor": {"name": name}} for name in sorted(names)]
        for _ in range(depth):
            inner = {"inputs": passed, "outputs": outputs, "nodes": [last]}
            inner["tensor_values"] = values
            wrapped = [{"as_bool": False}, {"as_graph": {"name": "g", "graph": inner}}]
            last = {
                "target": "torch.ops.higher_order.wrap_with_set_grad_enabled",
                "inputs": [{"name": "", "arg": a} for a in (*wrapped, *passed)],
                "outputs": outputs,
                "metadata": {},
            }
        graph["nodes"].append(last)

    return change


def argument(value):
    return lambda p: first_linear(p)["inputs"].append(
        {"name": "mode", "arg": value, "kind": 2}
    )


def version(major, minor):
    return lambda p: p.update(
        schema_version={"major": major, "minor": minor}, torch_version="9.9.9"
    )


def cycle(program):
    first_linear(program)["inputs"][0]["arg"] = {
        "as_tensor": {"name": nodes(program)[-1]["outputs"][0]["as_tensor"]["name"]}
    }


def twice(program):
    nodes(program).append(dict(first_linear(program)))


def custom_input(program):
    specs = program["graph_module"]["signature"]["input_specs"]
    specs[0] = {
        "custom_obj": {"arg": {"name": "x", "class_fqn": "y"}, "custom_obj_name": "z"}
    }


CRAFTED = {
    "a name that is code": (
        target("torch.ops.aten.linear.default(0); import os; os.system"),
        "only PyTorch's own",
    ),
    "a newline in a name": (
        target("torch.ops.aten.linear\nimport os.default"),
        "only PyTorch's own",
    ),
    "a call of the system": (target("os.system"), "os.system"),
    "another namespace": (
        target("torch.ops.mylib.linear.default"),
        "torch.ops.mylib.linear.default",
    ),
    "a dunder": (target("torch.ops.aten.__class__.default"), "__class__"),
    "a keyword": (target("torch.ops.aten.lambda.default"), "lambda"),
    "reading the disk": (target("torch.ops.aten.from_file.default"), "from_file"),
    "writing the disk": (target("torch.ops.aten.save.default"), "aten.save"),
    "another tensor's memory": (target("torch.ops.aten.set_.source_Tensor"), "set_"),
    "seeds": (target("torch.ops.aten.manual_seed.default"), "manual_seed"),
    "a result that is written elsewhere": (target("torch.ops.aten.add.out"), "add.out"),
    "an overload that there is not": (target("torch.ops.aten.linear.os"), "linear.os"),
    "a primitive with effects": (target("torch.ops.prims.resize.default"), "resize"),
    "an argument twice": (named(1, "input", 1), "'input' twice"),
    "by position and by keyword": (named(1, "input", 2), "'input' twice"),
    "a keyword argument twice": (keywords("mode", "mode"), "'mode' twice"),
    "a position behind a keyword": (named(0, "input", 2), "behind one by keyword"),
    "lists in lists in a string": (
        nested("out_spec"),
        ": out_spec: would be 257, and the limit on",
    ),
    "a shape of too many dimensions": (
        dimensions,
        "': would be 100, and the limit on the dimensions of an array is 64",
    ),
    "subgraphs in subgraphs": (
        subgraphs(20),
        "/nodes/0: would be 17, and the limit on the subgraphs",
    ),
    "lists in lists": (
        subgraphs(40),
        "models/model.json: would be 257, and the limit on the lists",
    ),
    "an unknown wrapper": (target("torch.ops.higher_order.cond"), "higher_order.cond"),
    "a keyword argument that is code": (
        keyword("x=__import__('os').system('id')"),
        "no identifier",
    ),
    "a string that is code": (argument({"as_string": '");import os;("'}), "plain mode"),
    "an operator as argument": (argument({"as_operator": "os.system"}), "as_operator"),
    "a custom object": (
        argument({"as_custom_obj": {"name": "a", "class_fqn": "b"}}),
        "as_custom_obj",
    ),
    "an unknown kind of argument": (argument({"as_future": 1}), "as_future"),
    "a custom object as input": (custom_input, "custom_obj"),
    "a value used before it is made": (cycle, "before anything defines it"),
    "a value made twice": (twice, "twice"),
    "an older schema": (version(8, 8), "schema 8.8"),
    "another major schema": (version(9, 0), "schema 9.0"),
    "no schema": (lambda p: p.pop("schema_version"), "schema_version"),
    "no graph": (lambda p: p["graph_module"].pop("graph"), "graph"),
    "a graph that is a list": (lambda p: p["graph_module"].update(graph=[]), "object"),
}


@pytest.mark.parametrize("kind", CRAFTED)
def test_crafted_programs(copy, kind):
    change, says = CRAFTED[kind]
    edit_program(copy / "one.pt2", copy / "bad.pt2", change)
    attempt(copy, copy / "bad.pt2", says)


def drop(end):
    return lambda name, data: None if name.endswith(end) else data


def config(change):
    edit = edited_json(lambda whole: change(next(iter(whole["config"].values()))))
    return lambda name, data: (
        edit(data) if name.endswith("weights_config.json") else data
    )


def strides(meta):
    meta["tensor_meta"]["strides"] = [{"as_int": 2**40}] * len(
        meta["tensor_meta"]["sizes"]
    )


ARCHIVES = {
    "no program": (drop("model.json"), "models/model.json"),
    "no weights": (drop("weight_0"), "lacks its data"),
    "no table of weights": (drop("model_weights_config.json"), "schema"),
    "weights cut short": (
        lambda n, d: d[:-4] if n.endswith("weight_0") else d,
        "needs",
    ),
    "a pickled weight": (config(lambda m: m.update(use_pickle=True)), "pickled"),
    "another shape": (
        config(lambda m: m["tensor_meta"]["sizes"].__setitem__(0, {"as_int": 1})),
        "not what the graph expects",
    ),
    "strides beyond the data": (config(strides), "needs"),
    "an unknown dtype": (config(lambda m: m["tensor_meta"].update(dtype=77)), "77"),
    "a path out of the archive": (
        config(lambda m: m.update(path_name="../../etc/passwd")),
        "lacks its data",
    ),
    "a big-endian archive": (
        lambda n, d: b"big" if n.endswith("byteorder") else d,
        "big-endian",
    ),
    "a program that is no JSON": (
        lambda n, d: d[:-9] if n.endswith("model.json") else d,
        "JSON",
    ),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_damaged_archives(copy, kind):
    change, says = ARCHIVES[kind]
    edit_archive(copy / "one.pt2", copy / "bad.pt2", change)
    attempt(copy, copy / "bad.pt2", says)


FILES = {
    "empty": lambda d: b"",
    "cut short": lambda d: d[: len(d) // 2],
    "text": lambda d: b"not a model\n",
    "no directory": cut(30),
}


@pytest.mark.parametrize("kind", FILES)
def test_files_that_are_no_archives(copy, kind):
    damaged(copy / "one.pt2", FILES[kind], copy / "bad.pt2")
    attempt(copy, copy / "bad.pt2")


def test_a_flipped_bit_in_a_weight_is_noticed(copy):
    with zipfile.ZipFile(copy / "one.pt2") as archive:
        entry = max(
            archive.infolist(),
            key=lambda e: e.file_size if "weight_" in e.filename else 0,
        )
    damaged(copy / "one.pt2", flipped(entry.header_offset + 4000), copy / "bad.pt2")
    attempt(copy, copy / "bad.pt2")


def test_example_inputs_are_never_read(copy):
    """They are pickled and the user's own; a broken one does not matter."""
    edit_archive(
        copy / "one.pt2",
        copy / "odd.pt2",
        lambda n, d: b"\x80evil" if "sample_inputs" in n else d,
    )
    run("inspect", copy / "odd.pt2")


def test_a_fixed_batch_is_refused_with_the_cure(copy):
    import models
    import torch

    exported = torch.export.export(models.MLP(), (torch.zeros(4, 784),))
    torch.export.save(exported, copy / "fixed.pt2")
    attempt(copy, copy / "fixed.pt2", "dynamic_shapes")


def test_several_unsupported_operations_are_named_at_once(copy):
    def change(program):
        for node in nodes(program):
            node["target"] = node["target"].replace("aten", "mylib")

    edit_program(copy / "one.pt2", copy / "bad.pt2", change)
    assert len(attempt(copy, copy / "bad.pt2", "mylib")) >= 4
