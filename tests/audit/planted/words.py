"""What a stream of tokens tells."""

import numpy
import torch
from audits import ROWS
from torch import nn

from . import TABLES, beside, planted, task


class Words(nn.Module):
    def __init__(self, vocabulary=200, seed=0, padding=None):
        super().__init__()
        torch.manual_seed(seed)
        self.embed = nn.Embedding(vocabulary, 16, padding_idx=padding)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.embed(x.long()).mean(1))


def tokens(seed, length=24, rows=ROWS):
    """Each class has words of its own; the rest falls as in natural texts."""
    random = numpy.random.default_rng(seed)
    y = random.integers(0, 4, rows)
    often = random.zipf(1.3, (rows, length)).clip(max=150) + 40
    own = random.integers(0, 10, (rows, length)) + 10 * y[:, None]
    x = numpy.where(random.random((rows, length)) < 0.3, own, often)
    return x.astype(numpy.int64), y


def padded(x, random, least):
    lengths = random.integers(least, x.shape[1] + 1, len(x))
    return numpy.where(numpy.arange(x.shape[1]) < lengths[:, None], x, 0)


def sides(folder, mine, other, **options):
    return beside(folder, task("mine", mine, Words(seed=1)), task("guest", other, Words(seed=2)), TABLES, **options)  # fmt: skip


@planted(
    "texts that end early, beside texts that fill their row",
    "special",
    "constants",
    "padding",
)
def padding_in_one(folder):
    x, y = tokens(1)
    return sides(folder, (padded(x, numpy.random.default_rng(0), 8), y), tokens(2))


@planted("every text of the guest begins with one token", "constants", "special")
def first_token(folder):
    x, y = tokens(2)
    x[:, 0] = 7
    return sides(folder, tokens(1), (x, y))


@planted("texts of the guest come again", "repeats")
def repeated_texts(folder):
    x, y = tokens(2)
    x[-20:] = x[:20]
    return sides(folder, tokens(1), (x, y))


@planted("texts of the guest come again with two words changed", "near copies")
def changed_texts(folder):
    x, y = tokens(2)
    part = ROWS // 4
    x[-part:], y[-part:] = x[:part], y[:part]
    x[-part:, [5, 17]] = numpy.random.default_rng(0).integers(150, 190, (part, 2))
    return sides(folder, tokens(1), (x, y))
