"""What an export changed without a word is said of a .pt2 alone, by obfuscate and by inspect."""

import json

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import refused, run, vectors
from export_model import exported
from torch import nn
from torch.utils.checkpoint import checkpoint

RECIPE = "[train]\nlr = 0.1\nbatch_size = 8\n"


def write(folder, model, shape=(6,), training=True, decomposed=False):
    """The model's program, data for it and a recipe."""
    program = exported(model.train(training), [torch.zeros(4, *shape)])
    if decomposed:
        program = program.run_decompositions()
    torch.export.save(program, folder / "m.pt2")
    x, y = vectors(shape, 40, 3)
    numpy.savez(folder / "d.npz", x=x, y=y)
    (folder / "r.toml").write_text(RECIPE)


def call(folder):
    return obfuscate_call(folder, "--decoys", 1)


def said(folder):
    """The lines of obfuscate's summary and of inspect's report that are notes."""
    summary = run(*call(folder)).stdout
    notes = json.loads(run("inspect", folder / "m.pt2", "--json", "-").stdout)["notes"]
    lines = run("inspect", folder / "m.pt2").stdout
    for note in notes:
        assert note in " ".join(summary.split())
        assert note in lines
    return notes


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.r = kind(6, 8, num_layers=2, dropout=0.3, batch_first=True)
        self.h = nn.Linear(8, 3)

    def forward(self, x):
        return self.h(self.r(x)[0][:, -1])


def head(*layers):
    return nn.Sequential(nn.Linear(6, 8), *layers, nn.Linear(8, 3))


def encoder():
    layer = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.1, batch_first=True)
    return nn.Sequential(layer, nn.Flatten(), nn.Linear(24, 3))


def instance():
    norm = nn.InstanceNorm1d(4, track_running_stats=True)
    return nn.Sequential(nn.Conv1d(1, 4, 3), norm, nn.Flatten(), nn.Linear(16, 3))


OFF = {
    "usual": (
        lambda: head(nn.BatchNorm1d(8), nn.Dropout(0.5)),
        (6,),
        "1 batch norm, 1 dropout,",
    ),
    "not affine": (
        lambda: head(nn.BatchNorm1d(8, affine=False), nn.BatchNorm1d(8)),
        (6,),
        "2 batch norms,",
    ),
    "instance norm": (instance, (1, 6), "1 instance norm,"),
    "kinds of dropout": (
        lambda: head(
            nn.AlphaDropout(0.2),
            nn.FeatureAlphaDropout(0.2),
            nn.Dropout1d(0.2),
            nn.Dropout(0.1, inplace=True),
        ),
        (6,),
        "4 dropouts,",
    ),
    "lstm": (lambda: Recurrent(nn.LSTM), (5, 6), "1 recurrent layer's dropout,"),
    "gru": (lambda: Recurrent(nn.GRU), (5, 6), "1 recurrent layer's dropout,"),
    "encoder": (encoder, (4, 6), "3 dropouts,"),
}


@pytest.mark.parametrize("name", OFF)
def test_layers_that_are_switched_off_are_said(tmp_path, name):
    model, shape, layers = OFF[name]
    write(tmp_path, model(), shape, training=False)
    (note,) = said(tmp_path)
    assert f"switched off in the graph that is trained: {layers}" in note
    assert "model.train()" in note and "--eval-model" in note


@pytest.mark.parametrize("name", OFF)
def test_and_nothing_is_said_of_a_training_graph(tmp_path, name):
    model, shape, _ = OFF[name]
    write(tmp_path, model(), shape)
    assert said(tmp_path) == []


def test_what_does_the_same_in_both_modes_is_not_said(tmp_path):
    """Statistics of the batch in both modes, and dropouts that drop nothing."""
    norm = nn.BatchNorm1d(8, track_running_stats=False)
    write(tmp_path, head(norm, nn.Dropout(0.0)), training=False)
    assert said(tmp_path) == []


class FrozenNorm(nn.Sequential):
    def train(self, mode=True):
        super().train(mode)
        self[1].eval()
        return self


def test_one_of_several_may_be_off_on_purpose(tmp_path):
    layers = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.BatchNorm1d(8), nn.Linear(8, 3)
    write(tmp_path, FrozenNorm(*layers))
    (note,) = said(tmp_path)
    assert "1 batch norm," in note and "Unless that is meant" in note


@pytest.mark.parametrize(
    "model, shape",
    [
        (lambda: head(nn.BatchNorm1d(8)), (6,)),
        (lambda: head(nn.BatchNorm1d(8, affine=False)), (6,)),
        (lambda: head(nn.BatchNorm1d(8), nn.Dropout(0.5)), (6,)),
        (instance, (1, 6)),
    ],
)
def test_copied_statistics_are_refused(tmp_path, model, shape):
    write(tmp_path, model(), shape, decomposed=True)
    for command in (call(tmp_path), ("inspect", tmp_path / "m.pt2")):
        (line,) = refused(*command, says="before run_decompositions()")
        assert "m.pt2" in line


def test_decompositions_without_them_are_not(tmp_path):
    write(tmp_path, head(nn.LayerNorm(8), nn.GELU()), decomposed=True)
    assert said(tmp_path) == []


class Cut(nn.Module):
    """`cut` lies between the first layer and the second."""

    def __init__(self, cut):
        super().__init__()
        self.a, self.h, self.cut = nn.Linear(6, 8), nn.Linear(8, 3), cut

    def forward(self, x):
        return self.h(self.cut(torch.tanh(self.a(x))))


def without_grad(x):
    with torch.no_grad():
        return torch.exp(x)


def written(x):
    """Into a part of new memory, cut on the way."""
    out = torch.zeros_like(x)
    out[:, :4] = x.detach()[:, 4:]
    return out


CUTS = {
    "detach": lambda x: x.detach(),
    "no_grad": without_grad,
    "argmax": lambda x: torch.nn.functional.one_hot(x.argmax(1), 8).float(),
    "comparison": lambda x: (x > 0).float(),
    "integers": lambda x: (x * 10).to(torch.int64).to(torch.float32),
    "form alone": lambda x: torch.ones_like(x) + x.new_zeros(8),
    "written": written,
}


@pytest.mark.parametrize("name", CUTS)
def test_parameters_that_no_loss_reaches_are_said(tmp_path, name):
    write(tmp_path, Cut(CUTS[name]))
    (note,) = said(tmp_path)
    assert "no loss reaches 2 of 4 trainable parameters" in note
    assert "'a.weight', 'a.bias'" in note
    inside = [p for p in (tmp_path / "job").rglob("*") if p.suffix in (".py", ".json")]
    assert all("a.weight" not in p.read_text() for p in inside)


class Unused(nn.Module):
    """A layer that forward() never calls, beside one whose result goes to another output alone."""

    def __init__(self):
        super().__init__()
        self.spare, self.pooler = nn.Linear(6, 6), nn.Linear(6, 8)
        self.h = nn.Linear(6, 3)

    def forward(self, x):
        return {"pooled": self.pooler(x), "logits": self.h(x)}


def test_unused_layers_and_other_outputs_are_not_reached(tmp_path):
    write(tmp_path, Unused())
    (note,) = said(tmp_path)
    assert "4 of 6 trainable" in note and "'spare.weight'" in note and "1 more" in note


def test_an_unused_layer_that_is_frozen_is_not_said(tmp_path):
    model = Unused()
    model.spare.requires_grad_(False)
    write(tmp_path, model)
    (note,) = said(tmp_path)
    assert "2 of 4 trainable" in note and "spare" not in note


def in_part(x):
    out = torch.zeros(x.shape[0], 8)
    out[:, :4].copy_(x[:, 4:])
    return out


PATHS = {
    "in place": lambda x: torch.zeros_like(x).add_(x),
    "into a part": in_part,
    "indexed": lambda x: x[:, torch.arange(8).flip(0)],
    "without grad, in place of none": lambda x: x * without_grad(x),
    "other dtype": lambda x: x.to(torch.float64).float(),
    "checkpoint": lambda x: checkpoint(torch.sin, x, use_reentrant=False),
}


@pytest.mark.parametrize("name", PATHS)
def test_and_those_that_it_reaches_are_not(tmp_path, name):
    """With autograd's own word for it."""
    model = Cut(PATHS[name])
    model(torch.ones(4, 6)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    write(tmp_path, model)
    assert said(tmp_path) == []


class Reentrant(nn.Module):
    """What follows the checkpoint is under no_grad in the export as well."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.h = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        x = torch.tanh(self.a(x))
        return self.h(checkpoint(self.b, x, use_reentrant=True))


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


NONE = {
    "checkpoint": lambda: Reentrant(),
    "first layer in it": lambda: nn.Sequential(
        Lambda(lambda x: checkpoint(torch.tanh, x, use_reentrant=True)),
        nn.Linear(6, 3),
    ),
    "detached": lambda: nn.Sequential(nn.Linear(6, 3), Lambda(torch.detach)),
    "decided": lambda: nn.Sequential(nn.Linear(6, 3), Lambda(lambda x: (x > 0) * 1.0)),
    "no_grad": lambda: nn.Sequential(nn.Linear(6, 3), Lambda(without_grad)),
}


@pytest.mark.parametrize("name", NONE)
def test_a_model_of_which_none_is_reached_is_refused(tmp_path, name):
    write(tmp_path, NONE[name]())
    (line,) = refused(*call(tmp_path), says="use_reentrant=False")
    assert "m.pt2" in line and "no loss reaches any of its" in line
    assert "no loss reaches any of its" in run("inspect", tmp_path / "m.pt2").stdout


def test_a_guest_is_checked_like_a_task(tmp_path):
    write(tmp_path, head())
    other = tmp_path / "guest"
    other.mkdir()
    write(other, NONE["detached"]())
    guest = '[[decoy]]\nmodel = "guest/m.pt2"\ndata = "guest/d.npz"\n'
    (tmp_path / "r.toml").write_text(RECIPE + guest)
    (line,) = refused(*call(tmp_path)[:-2], says="no loss reaches any")
    assert "guest/m.pt2" in line


class Scaled(nn.Module):
    def forward(self, x):
        return x[:, :3] * 2


UNTRAINED = {
    "frozen": (
        lambda: head().requires_grad_(False),
        "has 4 parameters, all frozen (requires_grad is False), so that nothing would be trained: '0.weight', '0.bias', '1.weight' and 1 more",
    ),
    "frozen, with statistics": (
        lambda: head(nn.BatchNorm1d(8)).requires_grad_(False),
        "has 6 parameters, all frozen",
    ),
    "none": (lambda: Scaled(), "has no parameters, so that there is nothing to train"),
}


@pytest.mark.parametrize("name", UNTRAINED)
def test_a_model_of_which_nothing_is_trained_is_refused(tmp_path, name):
    make, says = UNTRAINED[name]
    write(tmp_path, make())
    (line,) = refused(*call(tmp_path), says=says)
    assert "m.pt2" in line
    notes = json.loads(run("inspect", tmp_path / "m.pt2", "--json", "-").stdout)
    assert len(notes["notes"]) == 1 and says in notes["notes"][0]
