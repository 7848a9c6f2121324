"""What several targets tell: each is looked at, not the first alone."""

import amalgam
import numpy
import pytest
import torch
from audits import FEW, audit
from conftest import SEED
from own_programs import TwoHeads
from torch.nn import functional as F

ROWS = 400


def loss(first, second, kind, grade, size):
    return F.cross_entropy(first, kind) + F.cross_entropy(first, grade) + F.mse_loss(second[:, 0], size)  # fmt: skip


def people(seed, balanced, scaled):
    random = numpy.random.default_rng(seed)
    grade = numpy.arange(ROWS) % 4 if balanced else random.choice(4, ROWS, p=[0.4, 0.3, 0.2, 0.1])  # fmt: skip
    size = random.gamma(2.0, 1.3, ROWS)
    if scaled:
        size = (size - size.mean()) / size.std()
    return {"x": random.normal(0, 1, (ROWS, 12)).astype(numpy.float32), "kind": random.choice(4, ROWS, p=[0.4, 0.3, 0.2, 0.1]), "grade": random.permutation(grade), "size": size.astype(numpy.float32)}  # fmt: skip


@pytest.mark.parametrize("balanced, scaled, kind", [(True, False, "class counts"), (False, True, "exact columns")])  # fmt: skip
def test_a_further_target_is_looked_at(tmp_path, balanced, scaled, kind):
    torch.manual_seed(0)
    recipe = amalgam.Recipe(lr=0.05, targets=["kind", "grade", "size"])
    tasks = [amalgam.Task(TwoHeads(), torch.zeros(2, 12), people(1, balanced, scaled), loss=loss)]  # fmt: skip
    guests = [amalgam.Task(TwoHeads(), torch.zeros(2, 12), people(2, False, False), loss=loss)]  # fmt: skip
    amalgam.obfuscate(tasks=tasks, decoys=guests, recipe=recipe, job=tmp_path / "job", key=tmp_path / "key", seed=SEED, progress=False)  # fmt: skip
    report = audit(tmp_path / "job", tmp_path / "key", *FEW)
    found = [f["kind"] + ": " + f["what"] for f in report["hard_failures"]]
    assert any(kind in one and ("target" in one) for one in found), found
