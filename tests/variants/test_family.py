"""The forms of jobs are those that bench/variants_table.py plays with: from one ladder, but found in a model here."""

import importlib
import itertools
import sys

import models
import pytest
import torch
from conftest import BUILD, ROOT, Job, Task, load_network, vectors
from torch import nn

sys.path.append(
    str(ROOT / "bench")
)  # where the benchmark finds what it shares with others
table = importlib.import_module("variants_table")


def layers(*widths):
    sizes = [20, *widths]
    pairs = [(nn.Linear(a, b), nn.ReLU()) for a, b in itertools.pairwise(sizes)]  # fmt: skip
    return nn.Sequential(*[m for pair in pairs for m in pair], nn.Linear(widths[-1], 10))  # fmt: skip


# The model, the shape of a sample, the form, and how many tensors a block has.
MODELS = {
    "layers": (lambda: layers(300, 100), (20,), table.Form((300, 100), 0, ()), 0),
    "lenet": (models.LeNet5, (1, 28, 28), table.Form((6, 16, 120, 84), 0, ()), 0),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_programs_family_is_the_benchs(tmp_path, name):
    make, shape, form, per_block = MODELS[name]
    torch.manual_seed(0)
    task = Task("task", make(), *vectors(shape, 12, 10))
    expected = table.family(form, tool=BUILD / "tests" / "print_family")
    options = ("--variants", "family", "--decoys", len(expected) - 1)
    job = Job(tmp_path, [task], "[train]\nbatch_size = 4\n", options=options)
    networks = [
        [tuple(p.shape) for p in module.parameters()]
        for module in load_network(job.path).subnetworks
    ]
    own = networks[job.subnetwork(job.tasks[0])]
    first = (
        -1 if form.head else 0
    )  # of the first parameter's sizes: a token, or a layer's weight
    found = {(shapes[0][first], len(shapes)) for shapes in networks}
    assert found == {
        (f.sizes[0], len(own) + per_block * (sum(f.depths) - sum(form.depths)))
        for f in expected
    }


class Sorted(nn.Module):
    """Widths behind a sort stay, so that it has no relatives."""

    def __init__(self):
        super().__init__()
        self.all, self.out = nn.Linear(20, 60), nn.Linear(60, 10)

    def forward(self, x):
        return self.out(self.all(x).sort(1).values)


@pytest.mark.parametrize("option", [("--variants", "family"), ("--model-amount", 3)])
def test_sizes_that_may_not_vary_are_named(tmp_path, option):
    task = Task("task", Sorted(), *vectors((20,), 12, 10))
    job = Job(tmp_path, [task], "[train]\nbatch_size = 4\n", options=option)
    said = f"its model's own sizes, whatever {' '.join(map(str, option[: 2 - (option[1] == 3)]))} asks for"
    assert said in job.output
    one = Job(tmp_path / "one", [task], "[train]\nbatch_size = 4\n", options=("--model-amount", 1))  # fmt: skip
    assert "own sizes" not in one.output
