"""train.py killed at any moment continues to the same bytes."""

import collections
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch
from conftest import Job, Task
from torch import nn

KILLING = Path(__file__).with_name("killing.py")
TRAIN = "[train]\nepochs = 2\nbatch_size = 8\naccumulate = 2\noptimizer = 'adamw'\nlr = 0.01\n"


def small_job(folder):
    """Statistics, random numbers, an optimizer with a state, steps over two batches, held-out rows."""
    torch.manual_seed(0)
    layers = nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.3), nn.Linear(5, 3)
    random = numpy.random.default_rng(0)
    x, y = random.random((40, 6), numpy.float32), numpy.arange(40) % 3
    task = Task("mine", nn.Sequential(*layers), x, y, validation=(x[:12], y[:12]))
    return Job(folder, [task], TRAIN)


def kills(folder, saves, calls, *options):
    job = small_job(folder)
    command = [sys.executable, KILLING, job.path, folder, saves, calls, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(a) for a in command], capture_output=True, text=True, env=environment)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [one for one in found if one["status"] or one["different"]]
    assert not failed, failed[:3]
    assert all(one["killed"] for one in found), [o for o in found if not o["killed"]][:3]  # fmt: skip
    moments = collections.Counter(one["moment"] for one in found)
    print(f"{len(found)} kills, all continued to the same bytes: {dict(moments)}")
    return moments


def test_some_kills(tmp_path):
    moments = kills(tmp_path, 6, 4)
    assert moments["call"] == 4 and sum(moments.values()) == 10


@pytest.mark.full
def test_200_kills(tmp_path):
    """Half of them inside saves; half of the runs save after each batch."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    moments = kills(tmp_path / "a", 50, 50) + kills(tmp_path / "b", 50, 50, "--checkpoint-minutes", 0)  # fmt: skip
    assert sum(moments.values()) == 200 and moments["call"] == 100
    for name in ("replace", "fsync", "write", "half a write"):
        assert moments[name] > 0, moments
