"""What an architecture and a recipe tell."""

import amalgam.zoo
import torch
from torch import nn

from . import PICTURES, TABLES, beside, network, pictures, planted, table, task


def dense(widths, activation=nn.ReLU, seed=0):
    torch.manual_seed(seed)
    layers = []
    for a, b in zip((20, *widths), (*widths, 10), strict=True):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers[:-1])


@planted("widths that are powers of two beside others", "sizes", "special")
def powers_of_two(folder):
    mine, guest = task("mine", table(1), dense((64, 32), seed=1)), task("guest", table(2), dense((57, 39), seed=2))  # fmt: skip
    return beside(folder, mine, guest)


@planted(
    "a published architecture beside one that nobody knows", "published", "special"
)
def published(folder):
    torch.manual_seed(0)
    mine = task("mine", pictures(1, 28), amalgam.zoo.lenet5((1, 28, 28), 10))
    layers = [nn.Conv2d(1, 7, 5, padding=2), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(7 * 196, 37), nn.Tanh(), nn.Linear(37, 10)]  # fmt: skip
    guest = task("guest", pictures(2, 28), nn.Sequential(*layers))
    return beside(folder, mine, guest, PICTURES)


@planted("a learning rate of the wanted task's own", "recipe")
def learning_rate(folder):
    mine = task("mine", table(1), table="[here.train]\nlr = 0.0137\n")
    return beside(folder, mine, table(2))


@planted("the wanted task's own mean and deviation", "recipe")
def own_normalisation(folder):
    mine = task("mine", pictures(1), table="[here.input]\nmean = [0.4127]\nstd = [0.2781]\n")  # fmt: skip
    return beside(folder, mine, pictures(2), PICTURES)


@planted("weight decay for one task only", "recipe")
def weight_decay(folder):
    mine = task("mine", table(1), table="[here.train]\nweight_decay = 0.0005\n")
    return beside(folder, mine, table(2))


@planted("links, which no wanted sub-network can receive", "links")
def links(folder):
    from conftest import Job

    return Job(folder, [task("mine", table(1))], TABLES, options=("--decoys", 3, "--links", 2))  # fmt: skip


@planted(
    "a wide network among narrow ones of its kind", "sizes", "special", "published"
)
def round_width(folder):
    from conftest import Job

    guests = [task(n, table(s), network((20,), w, seed=s)) for s, (n, w) in enumerate((("a", 37), ("b", 41)), 2)]  # fmt: skip
    return Job(folder, [task("mine", table(1), network((20,), 64, seed=1))], TABLES, guests)  # fmt: skip
