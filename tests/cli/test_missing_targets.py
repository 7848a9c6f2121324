"""Targets that a recipe forgot: the cure is the one that fits the model and the data."""

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import refused, run
from export_model import export_with
from own_programs import TwoHeads
from torch import nn

ROWS = 20
TOKENS = numpy.arange(ROWS * 6).reshape(ROWS, 6) % 9
X = numpy.random.default_rng(0).normal(0, 1, (ROWS, 12)).astype(numpy.float32)


class TakesLabels(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.last = nn.Embedding(9, 4), nn.Linear(4, 2)

    def forward(self, input_ids, labels):
        logits = self.last(self.words(input_ids).mean(1))
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.last = nn.Embedding(9, 4), nn.Linear(4, 9)

    def forward(self, input_ids):
        return self.last(self.words(input_ids)).movedim(-1, 1)


class Named(TwoHeads):
    def forward(self, x):
        first, second = super().forward(x)
        return {"kinds": first, "sizes": second}


def both(kinds, sizes, kind, size):
    return nn.functional.cross_entropy(kinds, kind) + (sizes[:, 0] - size).square().mean()  # fmt: skip


def program(function, examples, path):
    module = nn.Module()
    module.forward = function
    batch = ({0: torch.export.Dim("batch", min=2)},) * len(examples)
    torch.export.save(torch.export.export(module, examples, dynamic_shapes=batch), path)


LONG = torch.zeros(4, 6, dtype=torch.int64)
KIND = torch.zeros(4, dtype=torch.int64)
CASES = {
    "labels of a model": (TakesLabels, [LONG, KIND], {"input_ids": TOKENS, "labels": TOKENS[:, 0] % 2}, "", 'has no targets, and the model takes \'labels\' itself: with loss = "model"'),
    "a transform": (Tagger, [LONG], {"input_ids": TOKENS}, "", "or let a transform make them of 'input_ids' ([input] transform)"),
    "two targets": (Named, [torch.zeros(4, 12)], {"x": X, "kind": TOKENS[:, 0] % 2, "size": X[:, 0]}, 'loss = "both.pt2"\n', "'kind' is a field of the data, which [data] targets makes a target"),
    "fields beside an input": (Named, [torch.zeros(4, 12)], {"x": X, "kind": TOKENS[:, 0] % 2, "size": X[:, 0]}, "", "give a loss of one's own that takes several"),
    "a name without its ending": (Named, [torch.zeros(4, 12)], {"x": X, "kind": TOKENS[:, 0] % 2}, 'loss = "both"\n', 'the file beside the recipe is loss = "both.pt2"'),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_cure_fits(tmp_path, case):
    model, examples, data, lines, says = CASES[case]
    export_with(model(), examples, tmp_path / "m.pt2")
    program(both, (torch.zeros(4, 4), torch.zeros(4, 1), KIND, torch.zeros(4)), tmp_path / "both.pt2")  # fmt: skip
    numpy.savez(tmp_path / "d.npz", **data)
    (tmp_path / "r.toml").write_text("[train]\nlr = 0.1\n" + lines)
    refused(*obfuscate_call(tmp_path), says=says)


@pytest.mark.parametrize("row", [[1, 1, 0, 0], [0.5, 0.5, 0, 0]])
def test_several_labels_under_a_loss_of_one(tmp_path, row):
    export_with(nn.Linear(12, 4), [torch.zeros(4, 12)], tmp_path / "m.pt2")
    y = numpy.tile(numpy.array(row, numpy.float32), (ROWS, 1))
    numpy.savez(tmp_path / "d.npz", x=X, y=y)
    (tmp_path / "r.toml").write_text("[train]\nlr = 0.1\n")
    said = run(*obfuscate_call(tmp_path)).stdout
    assert ("for several labels at once the loss is bce_with_logits" in said) == (sum(row) == 2)  # fmt: skip
