"""Tells that were planted when the checks stood already: what is named of them at first sight is what to expect of others."""

import numpy
import torch
from audits import ROWS
from torch import nn

from . import PICTURES, TABLES, beside, network, pictures, planted, table, task
from .starts import KEEP
from .tables import beside_generated
from .words import sides, tokens


@planted(
    "rows of length 1",
    "exact columns",
    "exact rows",
    "special",
    "grid",
    "ranges",
    late=True,
)
def unit_rows(folder):
    x, y = table(1)
    return beside_generated(folder, (x / numpy.linalg.norm(x, axis=1, keepdims=True), y))  # fmt: skip


@planted("rows that sum to 1", "exact rows", late=True)
def shares(folder):
    x, y = table(1)
    x = numpy.exp(x / numpy.abs(x).max())
    return beside_generated(folder, (x / x.sum(1, keepdims=True), y))


@planted("a column that is another's copy", "special", "equal columns", late=True)
def copied_column(folder):
    x, y = table(1)
    x[:, 5] = x[:, 9]
    return beside(folder, (x, y), table(2))


@planted("a column of row numbers", "special", "grid", late=True)
def numbered_rows(folder):
    x, y = table(1)
    x[:, 4] = numpy.arange(ROWS)
    return beside(folder, (x, y), table(2))


@planted("images of black and white alone", "special", "grid", "constants", late=True)
def two_tones(folder):
    x, y = pictures(1)
    return beside(folder, (numpy.where(x > 127, 255, 0).astype(numpy.uint8), y), pictures(2), PICTURES)  # fmt: skip


@planted(
    "images of pixels two by two", "special", "equal columns", "smoothness", late=True
)
def pixelated(folder):
    x, y = pictures(1, 6)
    return beside(folder, (x.repeat(2, 2).repeat(2, 3), y), pictures(2), PICTURES)


@planted("images that are their own mirror", "special", "equal columns", late=True)
def mirrored(folder):
    x, y = pictures(1)
    x[..., 6:] = x[..., 5::-1]
    return beside(folder, (x, y), pictures(2), PICTURES)


@planted(
    "exactly half of the rows in one class",
    "class counts",
    "special",
    late=True,
)
def half_in_one_class(folder):
    x, y = table(1, rows=3 * ROWS)
    halves = [numpy.flatnonzero(side)[: ROWS // 2] for side in (y < 5, y >= 5)]
    rows = numpy.concatenate(halves)
    return beside(folder, (x[rows], numpy.maximum(y[rows] - 4, 0)), table(2))


@planted("texts in which no word comes twice", "special", late=True)
def no_word_twice(folder):
    _, y = tokens(1)
    random = numpy.random.default_rng(0)
    x = numpy.stack([random.permutation(60)[:24] + 40 * c for c in y])
    return sides(folder, (x, y), tokens(2))


@planted(
    "gains of a norm that are one half",
    "special",
    "start of another form",
    "initial values",
    late=True,
)
def half_gains(folder):
    def normed(seed, gain):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(20, 32), nn.LayerNorm(32), nn.ReLU(), nn.Linear(32, 10))  # fmt: skip
        if gain:
            nn.init.constant_(model[1].weight, gain)
        else:
            nn.init.uniform_(model[1].weight, 0.5, 1.5)
        return model

    return beside(folder, task("mine", table(1), normed(1, 0.5)), task("guest", table(2), normed(2, None)), TABLES, KEEP)  # fmt: skip


@planted(
    "two layers that begin alike",
    "special",
    "start of another form",
    "shared values",
    late=True,
)
def twins(folder):
    def deep(seed, alike):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 10))  # fmt: skip
        if alike:
            model[2].load_state_dict(model[0].state_dict())
        return model

    return beside(folder, task("mine", table(1), deep(1, True)), task("guest", table(2), deep(2, False)), TABLES, KEEP)  # fmt: skip


@planted("an optimizer of the wanted task's own", "recipe", late=True)
def own_optimizer(folder):
    mine = task("mine", table(1), table="[here.train]\noptimizer = 'adamw'\nlr = 0.0009\n")  # fmt: skip
    return beside(folder, mine, table(2))


@planted(
    "weights rounded to three decimals",
    "special",
    "start of another form",
    "initial values",
    "generator",
    "grid",
    late=True,
)
def rounded_weights(folder):
    model = network((20,), seed=1)
    with torch.no_grad():
        model[1].weight.copy_((model[1].weight * 1000).round() / 1000)
    return beside(folder, task("mine", table(1), model), table(2))
