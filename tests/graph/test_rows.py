"""Each row of the table of operations is met: a model with its operation is exported, woven and compared with itself."""

import json
import subprocess

import numpy
import pytest
import torch
from conftest import BUILD, Job, Task, load_network, same_bits, vectors
from export_model import exported
from row_forms import FAMILIES

ROWS = json.loads(subprocess.check_output([BUILD / "tests" / "print_operations"]))

# Rows whose operation no model can be made to hold here, and why.
SCRIPT = "torch.jit writes it, torch.export does not"
PACKED = "of packed sequences, whose length torch.export can't carry"
OTHER = "of another back end"
BATCH = "torch.export makes the batch size a constant"
NUMBER = "the exporter writes it into what it checks, not into what it computes"
VALUES = "takes the values of a tensor as sizes, which torch.export refuses"
UNWRITTEN = "torch.export.save of this version refuses it"
GENERATOR = "takes a generator, which torch.export refuses"
WITHOUT = {
    "conv_depthwise3d.default": OTHER,
    "conv_tbc.default": BATCH,
    "fractional_max_pool3d.default": BATCH,
    "miopen_batch_norm.default": OTHER,
    "narrow.Tensor": VALUES,
    "tensor_split.tensor_indices_or_sections": VALUES,
    "to.prim_Device": SCRIPT,
    "to.prim_dtype": SCRIPT,
    "to.prim_other": SCRIPT,
    "rand_like.generator": GENERATOR,
    "randn_like.generator": GENERATOR,
    **{f"{name}.data": PACKED for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")},
    "sym_size.default": "all sizes at once: torch.export asks for one after another",
    "sym_numel.default": "written out as a product of sizes",
    "sym_stride.int": "follows from sizes, and is written as such",
    "sym_stride.default": "follows from sizes, and is written as such",
    **{f"_operator.{name}": NUMBER for name in ("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "not_")},
    "_operator.pos": "nothing to write",
    "torch.sym_int": "written as math.trunc",
    **{name: UNWRITTEN for name in ("math.ceil", "math.floor", "math.sqrt", "torch.sym_sum")},
    "torch.sym_not": NUMBER,
    "torch.sym_ite": NUMBER,
}  # fmt: skip


def test_every_row_has_a_model_or_a_reason():
    rows = {row["name"] for row in ROWS if not row["assertion"]}
    met = {name for forms in FAMILIES.values() for name in forms}
    assert rows - met - set(WITHOUT) == set()
    assert met - rows == set() and set(WITHOUT) - rows == set()
    assert met & set(WITHOUT) == set()
    for family, forms in FAMILIES.items():
        here = {row["name"] for row in ROWS if row["family"] == family}
        assert set(forms) <= here, family


def operations_of(program):
    """Names as the table has them, of all graphs in one another."""
    names = set()
    for module in program.graph_module.modules():
        for node in (
            module.graph.nodes if isinstance(module, torch.fx.GraphModule) else ()
        ):
            if isinstance(node.target, torch._ops.OpOverload):
                names.add(str(node.target).removeprefix("aten."))
            elif node.op == "call_function":
                names.add(f"{node.target.__module__}.{node.target.__name__}")
    return names


class Forms(torch.nn.Module):
    """What some forms give, side by side."""

    def __init__(self, forms):
        super().__init__()
        torch.manual_seed(0)
        self.forms = forms
        sizes = {"w1": (5, 24, 3), "w2": (4, 4, 3, 3), "w3": (2, 2, 1, 3, 3), "t1": (24, 5, 3),
                 "l": (6, 6), "b": (4,), "b6": (6,), "e": (7, 3)}  # fmt: skip
        for name, size in sizes.items():
            self.register_parameter(name, torch.nn.Parameter(torch.rand(size)))
        self.scale = torch.nn.Parameter(torch.rand(4, 1, 1) + 0.5)
        self.register_buffer("mean", torch.rand(4))
        self.register_buffer("variance", torch.rand(4) + 1)
        self.register_buffer("samples", torch.rand(1, 4, 2))

    def forward(self, x):
        h = x * self.scale
        parts = [form(self, h) for form in self.forms]
        return torch.cat(
            [p.reshape(x.shape[0], -1).to(torch.float32) for p in parts], 1
        )


class Rows(Task):
    """The forms of one family in one model."""

    def __init__(self, forms):
        super().__init__("task", Forms(list(forms.values())), *vectors((4, 6, 6), 12, 3))  # fmt: skip

    def write(self, folder):
        program = exported(self.model.train(), [torch.rand(4, 4, 6, 6)])
        self.operations = operations_of(program)
        torch.export.save(program, folder / "task.pt2")
        self.model.load_state_dict(self.initial)
        numpy.savez(folder / "task.npz", x=self.x, y=self.y)


def widths(model, x):
    """Of each form's part of the output, in order."""
    h = x * model.scale
    return [form(model, h).reshape(len(x), -1).shape[1] for form in model.forms]


def different(forms, model, x, outputs):
    """Rows whose part of the two outputs is not the same."""
    parts = [output.split(widths(model, x), 1) for output in outputs]
    pairs = zip(forms, *parts, strict=True)
    return [name for name, one, other in pairs if not same_bits(one, other)]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_rows_of_a_family_compute_what_pytorch_does(tmp_path, family):
    forms = FAMILIES[family]
    task = Rows(forms)
    job = Job(tmp_path, [task], "[train]\nbatch_size = 4\n", options=("--decoys", 2))
    assert set(forms) - task.operations == set()
    network = load_network(job.path)
    own = network.subnetworks[job.subnetwork(task)]
    x = torch.as_tensor(task.x)
    batch = {"x.float32": torch.rand(len(x), job.plan()["columns"]["x.float32"])}
    batch["x.float32"][:, job.stream(task)["positions"][0]] = x.flatten(1)
    for training in (False, True):
        outputs = []
        for module, taken in ((own, batch), (task.model, x)):
            module.train(training)
            torch.manual_seed(1)
            outputs.append(module(taken).detach())
        assert different(forms, task.model, x, outputs) == []
    for sub in network.subnetworks:  # the variants of the model run, too
        assert torch.isfinite(sub.train()(batch)).all()
