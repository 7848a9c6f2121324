"""What held-out rows tell, and what the precision leaves that numbers were made in."""

import numpy
from audits import ROWS
from conftest import Job

from . import TABLES, beside, fair, planted, table, task
from .tables import beside_generated

HELD_OUT = 96


def pair(name, seed, held_out=HELD_OUT):
    """Rows of one table: for training, and others that are held out."""
    x, y = table(seed, rows=ROWS + held_out)
    return task(name, (x[:ROWS], y[:ROWS]), validation=(x[ROWS:], y[ROWS:]))


@planted(
    "held-out rows of the guest come again, because it has fewer", "repeats", late=True
)
def fewer_held_out(folder):
    return beside(folder, pair("mine", 1), pair("guest", 2, 24))


@planted("held-out rows that are trained on", "held-out rows", late=True)
def trained_on(folder):
    mine = pair("mine", 1)
    for held_out, training in zip(mine.validation, (mine.x, mine.y), strict=True):
        held_out[:12] = training[:12]
    return beside(folder, mine, pair("guest", 2))


@planted("classes of equal size among held-out rows", "class counts", late=True)
def even_held_out(folder):
    mine = pair("mine", 1, 3 * HELD_OUT)
    x, y = mine.validation
    rows = numpy.concatenate([numpy.flatnonzero(y == c)[:9] for c in range(10)])
    mine.validation = x[rows], y[rows]
    return beside(folder, mine, pair("guest", 2, len(rows)))


@planted("numbers of half precision", "special", late=True)
def half_precision(folder):
    x, y = table(1)
    return beside(folder, (x.astype(numpy.float16).astype(numpy.float32), y), table(2))


def in_float32(x):
    return (x - x.mean(0)) / x.std(0)


def in_float64(x):
    wide = x.astype(float)
    return ((wide - wide.mean(0)) / wide.std(0)).astype(numpy.float32)


def two_scalers(folder, one, other):
    """Guests are scaled as the first wanted task is."""
    (x, y), (second, z) = table(1), table(2)
    wanted = [task("other", (other(second), z)), task("mine", (one(x), y))]
    return Job(folder, wanted, TABLES, [task("guest", table(3))])


@planted("a standard scaler that computed in float32", "exact columns", late=True)
def scaled_in_float32(folder):
    return two_scalers(folder, in_float32, in_float64)


def range_in_float32(x):
    scale = 1 / (x.max(0) - x.min(0))
    return x * scale - x.min(0) * scale


def range_in_float64(x):
    wide = x.astype(float)
    return ((wide - wide.min(0)) / (wide.max(0) - wide.min(0))).astype(numpy.float32)


@planted("a scaler to ranges that multiplied in float32", "exact columns")
def ranges_in_float32(folder):
    return two_scalers(folder, range_in_float32, range_in_float64)


@fair("a guest beside a table that was scaled in float32")
def guest_of_float32(folder):
    x, y = table(1)
    return beside(folder, (in_float32(x), y), table(2))


def scaled_pair(alone):
    x, y = table(1, rows=ROWS + HELD_OUT)
    training, held_out = (x[:ROWS], x[ROWS:]) if alone else numpy.split(in_float64(x), [ROWS])  # fmt: skip
    held_out = in_float64(held_out) if alone else held_out
    return task("mine", (training, y[:ROWS]), validation=(held_out, y[ROWS:]))


@planted("rows that were scaled before some were held out", "exact columns")
def scaled_before_the_split(folder):
    return beside_generated(folder, scaled_pair(False))


@planted("held-out rows that were scaled by themselves", "exact columns")
def scaled_held_out(folder):
    return beside_generated(folder, scaled_pair(True))


@fair("a guest beside rows that were scaled before some were held out")
def guest_of_a_split(folder):
    return beside(folder, scaled_pair(False), pair("guest", 2))


@fair("held-out rows of both tasks")
def two_held_out(folder):
    return beside(folder, pair("mine", 1), pair("guest", 2))
