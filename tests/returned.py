"""Small trained jobs, and ways to damage one sub-network of what comes back of them."""

import shutil

import torch
from command_lines import extract_call
from conftest import SEED, Job, Task, run, vectors
from damage import edit_tensors
from safetensors.torch import load_file
from torch import nn


class Small(nn.Module):
    """Of each kind of tensor one: trained, frozen, running, counting, constant, infinite, tied."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 5)
        self.norm = nn.BatchNorm1d(5)
        self.last = nn.Linear(5, 5)
        self.frozen = nn.Parameter(torch.randn(5), requires_grad=False)
        self.register_buffer("constant", torch.randn(5))
        self.register_buffer("mask", torch.tensor([0.0, float("-inf"), 0, 0, 0]))
        self.tied = self.last.weight

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        return self.last(x * self.frozen + self.constant) + self.mask.exp() * 0


def small_task(name, seed, model=Small):
    torch.manual_seed(seed)
    return Task(name, model(), *vectors((6,), 40, 5, seed))


TRAIN = "[train]\nlr = 0.1\nbatch_size = 8\nepochs = 2\n"


def small_job(folder, wanted, guests, seed=SEED):
    """So many wanted tasks, and the rest of three as guests: all of one form."""
    names = ("one", "two", "three")
    tasks = [small_task(name, i) for i, name in enumerate(names[: wanted + guests])]
    return Job(folder, tasks[:wanted], TRAIN, tasks[wanted:], seed=seed)


def small_jobs(folder):
    """One wanted among three, and two; each trained."""
    made = [small_job(folder / str(n), n, 3 - n) for n in (1, 2)]
    return [(job, job.train()) for job in made]


def notes(job, trained, out, *options):
    """What extract says beside its summary, and the summary; what it wrote is removed."""
    result = run(*extract_call(job.key, trained, out, *options))
    lines = result.stderr.splitlines()
    assert all(line.startswith("amalgam: note: ") for line in lines), lines
    shutil.rmtree(out) if out.is_dir() else out.unlink()
    return [line.replace("amalgam: note: ", "") for line in lines], result.stdout


def damaged_in(trained, damage, subnetwork, to):
    """A copy of a trained file with one of its sub-networks damaged."""
    return edit_tensors(trained, lambda tensors: damage(tensors, subnetwork), to)


# Each way: damage(tensors, subnetwork) changes the dict of a trained file's tensors in place.


def of(tensors, subnetwork, kind=""):
    """The names of one sub-network's tensors that hold `kind`, in order."""
    prefix = f"subnetworks.{subnetwork}."
    return sorted(n for n in tensors if n.startswith(prefix) and kind in n)


def one_of(tensors, subnetwork, kind):
    return of(tensors, subnetwork, kind)[0]


def put(kind, value):
    """One value of a tensor is another."""

    def damage(tensors, subnetwork):
        name = one_of(tensors, subnetwork, kind)
        tensors[name] = tensors[name].clone()
        tensors[name].view(-1)[0] = value

    return damage


def replaced(kind, change):
    """One tensor is change(tensor)."""

    def damage(tensors, subnetwork):
        name = one_of(tensors, subnetwork, kind)
        tensors[name] = change(tensors[name])

    return damage


def dropped(kind):
    return lambda tensors, subnetwork: tensors.pop(one_of(tensors, subnetwork, kind))


def added(name):
    def damage(tensors, subnetwork):
        tensors[f"subnetworks.{subnetwork}.{name}"] = torch.zeros(2)

    return damage


def positions(change):
    """All positions of the sub-network are change(positions)."""

    def damage(tensors, subnetwork):
        for name in of(tensors, subnetwork, "positions"):
            tensors[name] = change(tensors[name])

    return damage


def exchanged(count, kind=""):
    """With those of the next of `count` sub-networks."""

    def damage(tensors, subnetwork):
        for name in of(tensors, subnetwork, kind):
            twin = f"subnetworks.{(subnetwork + 1) % count}." + name.split(".", 2)[2]
            tensors[name], tensors[twin] = tensors[twin], tensors[name]

    return damage


def taken_from(file, kind=""):
    """Its tensors are those of another file: of the untrained job, or of another job."""

    def damage(tensors, subnetwork):
        others = load_file(file)
        for name in of(tensors, subnetwork, kind):
            tensors[name] = others[name]

    return damage
