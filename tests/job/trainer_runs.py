"""Jobs for the tests of train.py, and its runs in this process."""

import os

import pytest
import torch
from conftest import Job, Task, train_job, vectors
from torch import nn

TRAIN = "[train]\nepochs = 2\nbatch_size = 8\noptimizer = 'adamw'\nlr = 0.01\n"
CHECKPOINTS = ("checkpoint.safetensors", "checkpoint-2.safetensors")


def small_job(folder, train=TRAIN, seed=0, validation=True):
    """Two sub-networks with statistics and random numbers; 5 batches an epoch, held-out rows."""
    torch.manual_seed(0)
    layers = nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.3), nn.Linear(5, 3)
    x, y = vectors((6,), 40, 3, seed)
    held_out = (x[:12], y[:12]) if validation else None
    return Job(folder, [Task("mine", nn.Sequential(*layers), x, y, validation=held_out)], train).path  # fmt: skip


# train.py in this process. Raises SystemExit as it does.
run = train_job


def refused(job, out, *options, says, lines=1, **more):
    """It must end with status 1 and so many lines, which say all of `says`."""
    with pytest.raises(SystemExit) as ended:
        run(job, out, *options, **more)
    message = ended.value.code
    assert isinstance(message, str), message  # which Python prints, with status 1
    assert len(message.splitlines()) == lines, message
    for words in [says] if isinstance(says, str) else says:
        assert words in message, message


def contents(out):
    """All but the checkpoints, which say how often they were written."""
    return {p.name: p.read_bytes() for p in out.iterdir() if p.name not in CHECKPOINTS}


def at_batch(number, action, rows="rows"):
    """Does something when a batch is read: the `number`-th of training, or of the held-out rows."""

    def prepare(trainer):
        read, seen = trainer.Rows.batch, []

        def batch(self, picked, device):
            if (self.count == 40) == (rows == "rows"):
                seen.append(1)
                if len(seen) == number:
                    action()
            return read(self, picked, device)

        trainer.Rows.batch = batch

    return prepare


def signal_self(number):
    return lambda: os.kill(os.getpid(), number)
