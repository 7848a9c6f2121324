"""Starts: what PyTorch drew and nothing trained is drawn anew, for all tasks alike, and nothing else is."""

import json
import random
import subprocess

import pytest
import torch
from conftest import BUILD
from export_model import export
from fresh_models import FRESH, MADE
from torch.nn import functional as F


def starts_of(model, shape, folder):
    export(model, shape, folder / "m.pt2")
    tool = BUILD / "tests" / "print_starts"
    return json.loads(subprocess.check_output([tool, folder / "m.pt2"]))


def built(constructor, seed=1):
    torch.manual_seed(seed)
    return constructor()


def trainable(model):
    return {n for n, p in model.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("name", FRESH)
def test_everything_fresh_is_drawn_anew(tmp_path, name):
    constructor, shape = FRESH[name]
    model = built(constructor)
    starts = starts_of(model, shape, tmp_path)
    assert {n for n, start in starts.items() if start} == trainable(model)


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_by_hand_is_kept(tmp_path, name):
    constructor, shape, kept = MADE[name]
    model = built(constructor)
    starts = starts_of(model, shape, tmp_path)
    assert trainable(model) - {n for n, start in starts.items() if start} == kept


def forms(starts, name):
    return [(run["rows"], run["form"], round(run.get("scale", run.get("range")), 4)) for run in starts[name]]  # fmt: skip


def test_forms_are_those_of_the_initializers(tmp_path):
    gates = starts_of(built(FRESH["gates"][0]), FRESH["gates"][1], tmp_path)
    assert forms(gates, "embed.weight") == [(1, "constant", 0), (119, "normal", 1)]
    assert forms(gates, "cells.bias_hh_l0") == [(32, "constant", 0), (32, "constant", 1), (64, "constant", 0)]  # fmt: skip
    assert forms(gates, "cells.weight_hh_l0") == [(32, "orthogonal", 1)] * 4
    convolutions = starts_of(built(FRESH["convolutions"][0]), FRESH["convolutions"][1], tmp_path)  # fmt: skip
    assert forms(convolutions, "first.weight") == [(16, "normal", round((2 / 144) ** 0.5, 4))]  # fmt: skip
    assert forms(convolutions, "one.weight") == [(16, "constant", 1)]
    perceptron = starts_of(built(FRESH["perceptron"][0]), FRESH["perceptron"][1], tmp_path)  # fmt: skip
    assert forms(perceptron, "layers.2.weight") == [(40, "uniform", round(2 * 5 / 3 * (6 / 80) ** 0.5, 4))]  # fmt: skip
    attention = starts_of(built(FRESH["attention"][0]), FRESH["attention"][1], tmp_path)  # fmt: skip
    (positions,) = attention["positions"]
    assert positions["form"] == "truncated" and positions["bound"] == pytest.approx(0.04, rel=0.03)  # fmt: skip
    assert positions["scale"] == pytest.approx(0.02, rel=0.06)
    assert attention["layers.layers.1.linear1.weight"] == {"same_as": "layers.layers.0.linear1.weight"}  # fmt: skip
    norms = starts_of(built(FRESH["parametrized"][0]), FRESH["parametrized"][1], tmp_path)  # fmt: skip
    assert norms["last.weight_g"] == {"norms_of": "last.weight_v"}
    assert forms(norms, "middle.weight") == [(40, "orthogonal", round(2**0.5, 4))]


def trained(seed, lengths):
    """A model after some steps; its shape, what moved, and what was done."""
    choose = random.Random(seed)
    name = choose.choice([*FRESH, *MADE])
    constructor, shape = (FRESH.get(name) or MADE[name])[:2]
    model = built(constructor, seed)
    before = {n: t.clone() for n, t in model.state_dict().items()}
    steps, rate = choose.choice(lengths), 10 ** choose.uniform(-5, -1)
    optimizer = choose.choice([torch.optim.SGD, torch.optim.Adam])(model.parameters(), rate)  # fmt: skip
    x = torch.rand(16, *shape) * 100
    for _ in range(steps):
        loss = F.cross_entropy(model(x), torch.arange(16) % 10)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    moved = {n for n, t in model.state_dict().items() if not torch.equal(t, before[n])}
    return model, shape, moved, f"{name}, {steps} steps at {rate:.1e}"


def assert_nothing_that_moved_is_drawn(folder, seed, lengths):
    model, shape, moved, what = trained(seed, lengths)
    starts = starts_of(model, shape, folder)
    assert moved
    assert not moved & {n for n, start in starts.items() if start}, what


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(s, marks=pytest.mark.full) for s in range(6, 60))])  # fmt: skip
def test_nothing_that_moved_is_drawn_anew(tmp_path, seed):
    assert_nothing_that_moved_is_drawn(tmp_path, seed, [1, 1, 2, 10, 100])


@pytest.mark.full
@pytest.mark.parametrize("seed", range(60, 70))
def test_nothing_that_moved_in_a_thousand_steps_is_drawn_anew(tmp_path, seed):
    assert_nothing_that_moved_is_drawn(tmp_path, seed, [1000])


@pytest.mark.parametrize("classes", [1, 2, 3, 5])
def test_a_bias_made_by_hand_stays(tmp_path, classes):
    """Logarithms of frequencies lie on the grids of many a bound, because they are few; the layer's own is smaller."""
    for seed in range(6):
        torch.manual_seed(seed)
        model = torch.nn.Sequential(
            torch.nn.Linear(12, 32), torch.nn.ReLU(), torch.nn.Linear(32, classes)
        )
        shares = torch.rand(classes) + 0.3
        with torch.no_grad():
            model[2].bias.copy_((shares / (shares.sum() + 0.4)).log())
        (tmp_path / str(seed)).mkdir()
        starts = starts_of(model, (12,), tmp_path / str(seed))
        drawn = {n for n, start in starts.items() if any(run["form"] != "constant" for run in start or [])}  # fmt: skip
        assert drawn == {"0.weight", "0.bias", "2.weight"}
