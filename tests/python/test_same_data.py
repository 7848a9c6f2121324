"""Other questions of one's own data, in Python: a mapping that is given again, or targets alone."""

import amalgam
import numpy
import pytest
import torch
from conftest import SEED, plan_of
from torch import nn

RANDOM = numpy.random.default_rng(0)
DATA = {"x": RANDOM.normal(0, 1, (60, 6)).astype(numpy.float32), "churn": RANDOM.integers(0, 2, 60), "plan": RANDOM.integers(0, 3, 60)}  # fmt: skip
HELD = {name: values[:12] for name, values in DATA.items()}


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))


@pytest.mark.parametrize("validation", [None, HELD])
@pytest.mark.parametrize("named", ["again", "targets alone"])
def test_questions_of_one_mapping(tmp_path, monkeypatch, validation, named):
    monkeypatch.chdir(tmp_path)
    asked = amalgam.Recipe(targets="plan")
    decoy = amalgam.Task(None, train_set=DATA if named == "again" else None, recipe=asked)  # fmt: skip
    recipe = amalgam.Recipe(lr=0.1, targets="churn")
    amalgam.obfuscate(model(), torch.zeros(2, 6), DATA, validation=validation, decoys=[decoy], recipe=recipe, seed=SEED, progress=False)  # fmt: skip
    plan = plan_of(tmp_path / "home.key")
    assert plan["columns"] == {"x.float32": 6, "y.int64": 2}
    assert not validation or not any(s["held_out_from_training"] for s in plan["streams"])  # fmt: skip
    # Decoys need not be given again.
    (found,) = amalgam.verify(model(), torch.zeros(2, 6), DATA, recipe=recipe)
    assert found.holds and not found.problems


def test_a_field_that_a_model_takes_stays(tmp_path):
    """What another task compares with may be an input of this one."""

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(7, 2)

        def forward(self, x, plan):
            return self.last(torch.cat([x, plan.float()[:, None]], 1))

    example = {"x": torch.zeros(2, 6), "plan": torch.zeros(2, dtype=torch.int64)}
    tasks = [
        amalgam.Task(Both(), example, DATA, name="a", recipe=amalgam.Recipe(targets="churn")),
        amalgam.Task(nn.Linear(6, 3), torch.zeros(2, 6), DATA, name="b", recipe=amalgam.Recipe(targets="plan")),
    ]  # fmt: skip
    amalgam.obfuscate(tasks=tasks, recipe=amalgam.Recipe(lr=0.1), job=tmp_path / "j", key=tmp_path / "k", progress=False)  # fmt: skip
    assert plan_of(tmp_path / "k")["columns"]["x.float32"] == 6
