"""What decoys cannot be made alike in, and obfuscate says."""

import amalgam
import numpy
import pytest
import torch
from torch import nn

ROWS = 60
RANDOM = numpy.random.default_rng(0)
X = RANDOM.normal(0, 1, (ROWS, 6)).astype(numpy.float32)
Y = RANDOM.integers(0, 3, ROWS)
OTHER = {"x": X, "y": RANDOM.integers(0, 3, ROWS)}  # of the same rows


def said(folder, decoys=(), validation=None, generated=0, recipe=None, **own):
    folder.mkdir(exist_ok=True)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    made = amalgam.obfuscate(model, torch.zeros(2, 6), {"x": X, "y": Y}, validation=validation, decoys=list(decoys), generated=generated, recipe=amalgam.Recipe(lr=0.1, **(recipe or {})), job=folder / "job", key=folder / "key", progress=False, **own)  # fmt: skip
    return made.summary()


class Weighted(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.tensor([0.5, 1.0, 2.0]))

    def forward(self, output, y):
        return nn.functional.cross_entropy(output, y, weight=self.weight)


SAME = "hold the same numbers (class weights, means)"


@pytest.mark.parametrize("own", ["loss", "recipe"])
def test_numbers_of_ones_own_labels(tmp_path, own):
    given = {"loss": Weighted()} if own == "loss" else {"recipe": {"loss_arguments": {"weight": [0.5, 1.0, 2.0]}}}  # fmt: skip
    decoy = amalgam.Task(None, None, OTHER)
    assert SAME in said(tmp_path, [decoy], **given)
    assert SAME not in said(tmp_path / "alone", generated=1, **given)


def test_a_generated_decoy_beside_a_guest(tmp_path):
    decoy = amalgam.Task(None, None, OTHER)
    says = "beside guests it points at that task"
    assert says in said(tmp_path, [decoy], generated=1)
    assert says not in said(tmp_path / "alone", [decoy])


def test_held_out_rows_of_one_alone(tmp_path):
    held = {"x": X[:10] + 1, "y": Y[:10]}
    alone = amalgam.Task(None, None, OTHER)
    both = amalgam.Task(None, None, OTHER, validation=held)
    says = "have the same features for training and others held out"
    assert says in said(tmp_path, [alone], validation=held)
    found = said(tmp_path / "both", [both], validation=held)
    assert says not in found and "which the job holds once" in found


def test_outputs_that_no_label_names_under_a_loss_of_ones_own(tmp_path):
    fewer = amalgam.Task(None, None, {"x": X[::-1].copy(), "y": Y % 2})
    text = said(tmp_path, [fewer], loss=Weighted())
    assert "Models have outputs that no label names" in text
