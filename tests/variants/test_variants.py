"""Generated decoys are variants of the model in other widths: they run, they train, they fit the rules."""

import ast
import json
import math
import re
import subprocess

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import BUILD, Job, Task, load_network, make_task, run, vectors
from export_model import export
from safetensors import safe_open
from scipy.stats import chisquare
from torch import nn
from torch.nn import functional as F
from zoo import ZOO

FAMILY = ("--variants", "family")


def job_of(folder, name, decoys, seed="11" * 32):
    torch.manual_seed(0)
    constructor, shape = ZOO[name]
    task = Task("task", constructor(), *vectors(shape, 12, 10))
    train = "[train]\nbatch_size = 4\n"
    return Job(
        folder, [task], train, options=(*FAMILY, "--decoys", decoys), seed=seed
    ), task


def parameters(module):
    return sum(p.numel() for p in module.parameters())


def run_all(job, batch_rows=3):
    """A forward and a backward pass of every sub-network; returns their sizes, the wanted one's apart."""
    network = load_network(job.path)
    own = job.subnetwork(job.tasks[0])
    columns = job.plan()["columns"]
    batch = {
        "x.float32": torch.rand(batch_rows, columns["x.float32"]),
        "y.int64": torch.randint(10, (batch_rows, columns["y.int64"])),
    }
    losses = network.losses(network(batch), batch)
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    for parameter in network.parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()
    sizes = [parameters(sub) for sub in network.subnetworks]
    return sizes[own], sizes[:own] + sizes[own + 1 :]


@pytest.mark.parametrize("name", ZOO)
def test_variants_run_forward_and_backward(tmp_path, name):
    job, _ = job_of(tmp_path, name, 3)
    own, others = run_all(job)
    assert len({own, *others}) >= 3, "every family here has three forms or more"


@pytest.mark.parametrize("name", ["ViT", "Gated"])
def test_unbound_attention_and_gates_have_other_widths(tmp_path, name):
    job, _ = job_of(tmp_path, name, 3)
    shapes = [[tuple(p.shape) for p in sub.parameters()] for sub in load_network(job.path).subnetworks]  # fmt: skip
    assert len({max(max(shape) for shape in own) for own in shapes}) > 1


@pytest.mark.full
@pytest.mark.parametrize("name", ZOO)
def test_a_thousand_variants_run(tmp_path, name):
    rounds = 1000 // (len(ZOO) * 10) + 1
    for i in range(rounds):
        job, _ = job_of(tmp_path / str(i), name, 10, f"{i + 1:02x}" * 32)
        run_all(job)


def test_each_other_form_is_drawn_as_often(tmp_path):
    """A chi-square test: a tool that is right fails it once in a thousand. Chances are enumerated in balanced_test.cpp."""
    task = make_task("task", "LeNet5", count=20)
    task.write(tmp_path)
    drawn = []
    (tmp_path / "r.toml").write_text("[train]\nbatch_size = 4\n")
    for i in range(40):
        options = (*FAMILY, "--decoys", 2, "--seed", f"{i + 1:064x}")
        run(*obfuscate_call(tmp_path, *options, model="task.pt2", data="task.npz", job=f"j{i}", key=f"k{i}"))  # fmt: skip
        with safe_open(tmp_path / f"j{i}" / "weights.safetensors", "pt") as weights:
            names = [name for name in weights.keys() if "conv" in name]  # noqa: SIM118
            first = [weights.get_slice(name).get_shape() for name in names]
        widths = sorted(shape[0] for shape in first if shape[1:] == [1, 5, 5])
        assert 6 in widths and len(set(widths)) == 3
        drawn += [width for width in widths if width != 6]
    values, counts = numpy.unique(drawn, return_counts=True)
    assert values.tolist() == [3, 9, 12, 18]
    assert chisquare(counts).pvalue > 0.001, counts


@pytest.mark.parametrize("name", ["ResNet18", "VGG16"])
def test_stages_are_deeper_or_not_and_all_else_is_the_models(tmp_path, name):
    job, _ = job_of(tmp_path, name, 7)
    run_all(job)
    network = load_network(job.path)

    def kernels(module):
        return sorted({tuple(p.shape[2:]) for p in module.parameters() if p.dim() == 4})

    assert len({len(list(m.parameters())) for m in network.subnetworks}) > 1
    assert len({str(kernels(m)) for m in network.subnetworks}) == 1
    text = (job.path / "model.py").read_text()
    names = ("relu", "gelu", "silu", "leaky_relu", "hardswish")
    assert sum(f"F.{n}(" in text for n in names) == 1


class Looped(nn.Module):
    """Blocks in a loop, each of which reads the batch's size for itself."""

    def __init__(self):
        super().__init__()
        self.none, self.some = nn.Conv2d(3, 12, 5), nn.Conv2d(12, 12, 3, padding=1, bias=False)  # fmt: skip
        self.inner, self.head = nn.ModuleList(nn.Linear(12, 12) for _ in range(4)), nn.Linear(12, 10)  # fmt: skip

    def forward(self, x):
        x = F.relu(self.some(F.relu(self.none(x)))).mean((2, 3))
        for inner in self.inner:
            x = x + inner(x.view(x.shape[0], 3, 4).transpose(1, 2).reshape(x.shape[0], 12))  # fmt: skip
        return self.head(x)


def test_another_depth_is_written_as_an_export_writes_it(tmp_path):
    """Arguments up to the last that is not as by default, and nothing that only a dropped block read."""
    task = Task("task", Looped(), *vectors((3, 16, 16), 12, 10))
    job = Job(
        tmp_path, [task], "[train]\nbatch_size = 4\n", options=(*FAMILY, "--decoys", 7)
    )
    network = load_network(job.path)
    assert {len(list(sub.parameters())) for sub in network.subnetworks} == {13, 17}
    calls, unread = set(), []
    for node in ast.walk(ast.parse((job.path / "model.py").read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "F.conv2d":
            calls.add(tuple(k.arg for k in node.keywords))
        if isinstance(node, ast.Expr) and ast.unparse(node).endswith(".size(0)"):
            unread.append(ast.unparse(node))
    assert not unread
    assert calls == {(), ("bias", "stride", "padding")}


class Scaled(nn.Module):
    """Numbers that are computed from widths before the graph is written."""

    def __init__(self, width=48, heads=3):
        super().__init__()
        self.heads, self.head_width, self.width = heads, width // heads, width
        self.first, self.qkv, self.head = nn.Linear(20, width), nn.Linear(width, 3 * width), nn.Linear(width, 10)  # fmt: skip

    def forward(self, x):
        h = self.first(x) * math.sqrt(self.width)
        q, k, v = (part.unflatten(-1, (self.heads, self.head_width)).transpose(1, 2) for part in self.qkv(h).chunk(3, -1))  # fmt: skip
        weights = (q @ k.transpose(-2, -1) / math.sqrt(self.head_width)).softmax(-1)
        h = h + (weights @ v).transpose(1, 2).flatten(2) * self.width**-0.5
        h = h / ((h * h).sum(-1, keepdim=True) / self.width + 1e-6).sqrt()
        return self.head(h.mean(1))


def test_numbers_follow_the_widths_that_they_were_computed_from(tmp_path):
    """A person has more heads, or fewer, and of the same dimension."""
    task = Task("task", Scaled(), *vectors((7, 20), 12, 10))
    job = Job(
        tmp_path, [task], "[train]\nbatch_size = 4\n", options=(*FAMILY, "--decoys", 3)
    )
    network = load_network(job.path)
    bodies = (job.path / "model.py").read_text().split("\nclass ")
    widths = set()
    for sub in network.subnetworks:
        width = sub.linear0_weight.shape[0]
        widths.add(width)
        body = next(b for b in bodies if b.startswith(type(sub).__name__ + "("))
        numbers = re.findall(r"= \w+ [*/] ([\d.]+)$", body, re.MULTILINE)
        assert numbers == [str(n) for n in (math.sqrt(width), math.sqrt(16), width**-0.5, width)]  # fmt: skip
    # Four heads are left out: the root of their dimension would be taken for their number.
    assert widths == {32, 48, 96}


def widths_of(folder, name):
    constructor, shape = ZOO[name]
    export(constructor(), shape, folder / "m.pt2")
    tool = BUILD / "tests" / "print_widths"
    return json.loads(subprocess.check_output([tool, folder / "m.pt2"]))


@pytest.mark.parametrize("name", ZOO)
def test_every_operation_of_the_zoo_is_known(tmp_path, name):
    assert widths_of(tmp_path, name)["unknown"] == []


def test_what_is_tied_and_what_is_free(tmp_path):
    branches = widths_of(tmp_path, "Branches")["tensors"]
    a, b = branches["a.bias"][0], branches["b.bias"][0]
    assert sorted(branches["norm.weight"][0].split("+")) == sorted([a, b])
    assert branches["gain"][0] == branches["norm.weight"][0]
    assert branches["up.weight"][0] == a
    assert branches["head.weight"][0] == "10"
    lstm = widths_of(tmp_path, "Recurrent")["tensors"]
    hidden = lstm["lstm.weight_hh_l0"][1]
    assert lstm["lstm.weight_ih_l1"] == [
        hidden.replace("1*", "4*"),
        hidden.replace("1*", "2*"),
    ]
    assert lstm["lstm.weight_ih_l0"][1] == "12"
    lenet = widths_of(tmp_path, "LeNet5")["tensors"]
    assert lenet["fc1.weight"][1] == lenet["conv2.bias"][0].replace("1*", "25*")
