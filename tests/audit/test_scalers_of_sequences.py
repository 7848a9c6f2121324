"""Guests are scaled channel by channel where the wanted sequences are, whichever dimension the channels are."""

import numpy
import pytest
import torch
from conftest import Job, Task
from scaled_tables import RECIPE, columns, no_column_tells
from torch import nn

ROWS, CHANNELS, LENGTH = 400, 3, 20


def sequences(seed, last):
    """Channels of several scales and places."""
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(ROWS, CHANNELS, LENGTH)) * random.lognormal(size=(CHANNELS, 1)) + random.normal(0, 5, (CHANNELS, 1))  # fmt: skip
    return numpy.ascontiguousarray(x.swapaxes(1, 2) if last else x).astype(
        numpy.float32
    )


def task(name, x):
    torch.manual_seed(sum(name.encode()))
    net = nn.Sequential(nn.Flatten(), nn.Linear(CHANNELS * LENGTH, 8), nn.ReLU(), nn.Linear(8, 4))  # fmt: skip
    return Task(name, net, x, numpy.random.default_rng(sum(name.encode())).integers(0, 4, ROWS))  # fmt: skip


def standard(x, axes):
    x = x.astype(numpy.float64)
    return ((x - x.mean(axes, keepdims=True)) / x.std(axes, keepdims=True)).astype(numpy.float32)  # fmt: skip


def ranges(x, axes):
    x = x.astype(numpy.float64)
    least, most = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
    return ((x - least) / (most - least)).astype(numpy.float32)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("scaler", [standard, ranges])
def test_by_channel(tmp_path, scaler, last):
    axes = (0, 1) if last else (0, 2)
    wanted = task("mine", scaler(sequences(1, last), axes))
    job = Job(tmp_path, [wanted], RECIPE, [task("guest", sequences(2, last))])
    for x in columns(job, wanted):
        x = x.reshape(ROWS, *wanted.x.shape[1:]).astype(numpy.float64)
        found = (x.mean(axes), x.std(axes) - 1) if scaler is standard else (x.min(axes), x.max(axes) - 1)  # fmt: skip
        assert abs(numpy.concatenate(found)).max() < 1e-5
    assert "in each channel" in job.output
    no_column_tells(job)
