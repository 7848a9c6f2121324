"""Tells that are planted in jobs, each of which the audit must name, and fair jobs, which it must not fail.

One function a tell: it makes a job in a folder. `late` ones were made when the checks stood already; `missed` are those that
the audit does not name yet.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy
import torch
from audits import FEW, ROWS, audit
from conftest import Job, Task, images
from torch import nn

TABLES = "[train]\nlr = 0.05\n"
PICTURES = TABLES + "[input]\nscale = 255.0\n"


@dataclass
class Plant:
    """A tell: what it is, the kinds of failure of which one must name it, and how its job is made."""

    what: str
    kinds: tuple[str, ...]
    make: Callable
    late: bool = False
    missed: bool = False

    @property
    def name(self):
        return self.make.__name__


PLANTED: list[Plant] = []
FAIR: list[Plant] = []


def planted(what, *kinds, late=False, missed=False):
    def add(make):
        PLANTED.append(Plant(what, kinds, make, late, missed))
        return make

    return add


def fair(what):
    def add(make):
        FAIR.append(Plant(what, (), make))
        return make

    return add


def pictures(seed, size=12, channels=1):
    return images((channels, size, size), ROWS, 10, seed)


def table(seed, columns=20, rows=ROWS):
    """Columns of several scales and forms, correlated; two of them skew. Float32, and ten classes as they come."""
    random = numpy.random.default_rng(seed)
    y = random.integers(0, 10, rows)
    mixed = random.normal(size=(10, columns))[y] + random.normal(size=(rows, columns))
    mixed = mixed @ random.normal(size=(columns, columns)) / columns**0.5
    mixed[:, :2] = numpy.exp(mixed[:, :2])
    x = mixed * random.lognormal(size=columns) + random.normal(size=columns)
    return x.astype(numpy.float32), y


def network(shape, width=32, classes=10, seed=0):
    torch.manual_seed(seed)
    inputs = int(numpy.prod(shape))
    layers = [nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, classes)]
    return nn.Sequential(nn.Flatten(), *layers)


def task(name, data, model=None, **options):
    x, y = data
    seed = sum(name.encode())
    return Task(name, model or network(x.shape[1:], seed=seed), x, y, **options)


def beside(folder, mine, other, recipe=TABLES, options=()):
    """A job of a wanted task and a guest, of (x, y) or of tasks."""
    wanted = mine if isinstance(mine, Task) else task("mine", mine)
    guest = other if isinstance(other, Task) else task("guest", other)
    return Job(folder, [wanted], recipe, [guest], options)


def load():
    """Fills the lists."""
    from . import (  # noqa: F401
        fair_jobs,
        graphs,
        held_out,
        later,
        outside,
        pictures_of,
        starts,
        tables,
        words,
    )

    return PLANTED, FAIR


def report_of(plant, folder):
    """The audit of the plant's job, which is made in the folder."""
    made = plant.make(folder)
    job, options = made if isinstance(made, tuple) else (made, ())
    games = FEW if "--games" not in options else ()
    return audit(job.path, job.key, *games, *options)
