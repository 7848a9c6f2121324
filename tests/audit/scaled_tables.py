"""Tables of real numbers for tests of what scalers leave."""

import numpy
import torch
from audits import FEW, audit, kinds
from conftest import Task, shards
from torch import nn

ROWS, COLUMNS = 2000, 16
RECIPE = "[train]\nlr = 0.05\nbatch_size = 50\n"


def raw(seed):
    """Float32 columns of several scales and places."""
    random = numpy.random.default_rng(seed)
    x = random.normal(size=(ROWS, COLUMNS)) * random.lognormal(size=COLUMNS)
    return (x + random.normal(0, 5, COLUMNS)).astype(numpy.float32)


def table(name, x, y=None, outputs=4):
    torch.manual_seed(sum(name.encode()))
    net = nn.Sequential(nn.Linear(x.shape[1], 16), nn.ReLU(), nn.Linear(16, outputs))
    labels = numpy.random.default_rng(sum(name.encode())).integers(0, 4, len(x))
    return Task(name, net, x, labels if y is None else y)


def columns(job, task, name="x.float32", split="train"):
    """Of the wanted stream and the guest's."""
    plan, tensor = job.plan(), shards(job.path, split)[name]
    own = plan["wanted"][task.name]["subnetwork"]
    field = "positions" if name.startswith("x") else "targets"
    return [tensor[:, plan["streams"][k][field][0]].numpy() for k in (own, 1 - own)]


def no_column_tells(job):
    report = audit(job.path, job.key, *FEW)
    assert "exact columns" not in kinds(report), report["hard_failures"]


def of_the_guest(job, task, data):
    """The guest's stream, and these rows in its order."""
    other = 1 - job.subnetwork(task)
    return columns(job, task)[1], data[job.plan()["streams"][other]["rows"]]
