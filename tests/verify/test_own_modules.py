"""verify with modules of one's own: parts that stay in eval, metrics, held-out rows."""

import amalgam
import numpy
import pytest
import torch
from torch import nn

RANDOM = numpy.random.default_rng(0)
X, Y = RANDOM.normal(0, 1, (60, 6)).astype(numpy.float32), RANDOM.integers(0, 3, 60)


class Frozen(nn.Module):
    """Its statistics stay, whatever mode it is set to."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)  # fmt: skip
        self.norm.running_var.fill_(2.0)

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x):
        return self.last(torch.relu(self.norm(self.first(x))))


def hits(output, y):
    return (output.argmax(1) == y).sum(), torch.tensor(y.shape[0])


def both(folder, model, monkeypatch, recipe=None, validation=None, **own):
    monkeypatch.chdir(folder)
    settings = {"recipe": amalgam.Recipe(lr=0.1, **(recipe or {})), "validation": validation, **own}  # fmt: skip
    torch.manual_seed(0)
    amalgam.obfuscate(model(), torch.zeros(2, 6), (X, Y), progress=False, **settings)
    torch.manual_seed(0)
    (found,) = amalgam.verify(model(), torch.zeros(2, 6), (X, Y), **settings)
    return found


def test_a_part_that_stays_in_eval(tmp_path, monkeypatch):
    found = both(tmp_path, Frozen, monkeypatch)
    assert found.holds and found.eager == []


def test_a_metric_of_ones_own_is_no_other_recipe(tmp_path, monkeypatch):
    found = both(
        tmp_path, Frozen, monkeypatch, recipe={"better": "higher"}, metric=hits
    )
    assert found.holds and not found.problems


def test_a_metric_of_held_out_rows(tmp_path, monkeypatch):
    found = both(tmp_path, Frozen, monkeypatch, recipe={"metric": "accuracy"}, validation=(X[:20], Y[:20]), transform=amalgam.transforms.MixUp(classes=3))  # fmt: skip
    assert found.holds and not found.problems


def test_an_output_is_taken_once(tmp_path):
    def mistyped(output, y, wieght):
        return nn.functional.cross_entropy(output, y) * wieght.mean()

    with pytest.raises(amalgam.UsageError, match="takes 'output' and 'wieght', and the model has one output"):  # fmt: skip
        amalgam.obfuscate(nn.Linear(6, 3), torch.zeros(2, 6), (X, Y), loss=mistyped, recipe=amalgam.Recipe(lr=0.1), job=tmp_path / "j", key=tmp_path / "k", progress=False)  # fmt: skip
