"""What a stream of numbers tells."""

import numpy
from audits import ROWS
from conftest import Job, Task

from . import TABLES, beside, network, planted, table, task


def standardised(x):
    wide = x.astype(numpy.float64)
    return ((wide - wide.mean(0)) / wide.std(0)).astype(numpy.float32)


def beside_generated(folder, mine):
    """Guests are scaled as the wanted rows are; decoys that are made up are not."""
    wanted = mine if isinstance(mine, Task) else task("mine", mine)
    return Job(folder, [wanted], TABLES, options=("--decoys", 1))


@planted(
    "a standard scaler made the wanted rows: means of 0, deviations of 1",
    "exact columns",
    "special",
)
def standard_scaler(folder):
    x, y = table(1)
    return beside_generated(folder, (standardised(x), y))


@planted(
    "columns whose least value is 0 and greatest is 1",
    "exact columns",
    "special",
    "ranges",
)
def unit_ranges(folder):
    x, y = table(1)
    return beside_generated(folder, ((x - x.min(0)) / (x.max(0) - x.min(0)), y))


@planted(
    "each class exactly as often as the others, in the wanted rows only",
    "class counts",
    "special",
)
def balanced_classes(folder):
    x, _ = table(1)
    return beside(folder, (x, numpy.arange(ROWS) % 10), table(2))


@planted("one row in ten comes twice in the wanted rows", "repeats")
def repeated_rows(folder):
    x, y = table(1)
    x[-ROWS // 10 :], y[-ROWS // 10 :] = x[: ROWS // 10], y[: ROWS // 10]
    return beside(folder, (x, y), table(2))


@planted("rows of the guest come again, and none of the wanted ones", "repeats")
def repeats_of_the_guest(folder):
    x, y = table(2)
    x[-ROWS // 20 :] = x[: ROWS // 20]
    return beside(folder, table(1), (x, y))


@planted("numbers of two decimals", "grid", "special")
def two_decimals(folder):
    x, y = table(1)
    return beside(folder, (numpy.round(x, 2), y), table(2))


@planted("whole numbers beside real ones", "grid", "special")
def whole_numbers(folder):
    x, y = table(1)
    return beside(folder, (numpy.round(x * 10), y), table(2))


@planted("two outputs that no label names", "unused outputs")
def unused_outputs(folder):
    x, y = table(1)
    wide = task("mine", (x, y), network(x.shape[1:], classes=12))
    return beside(folder, wide, table(2))


@planted("labels that rows say nothing of, in the guest", "chance")
def labels_at_random(folder):
    x, y = table(2)
    return beside(folder, table(1), (x, numpy.random.default_rng(0).permutation(y)))


@planted("a column that never changes", "constants", "special")
def constant_column(folder):
    x, y = table(1)
    x[:, 3] = 1.5
    return beside(folder, (x, y), table(2))


@planted("near copies of rows in the guest", "near copies", "repeats")
def near_copies(folder):
    x, y = table(2)
    part = ROWS // 4
    noise = numpy.random.default_rng(0).normal(size=x[:part].shape) * x.std(0) * 1e-3
    x[-part:], y[-part:] = x[:part] + noise, y[:part]
    return beside(folder, table(1), (x.astype(numpy.float32), y))
