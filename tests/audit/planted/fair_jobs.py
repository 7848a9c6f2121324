"""Jobs in which nothing picks the wanted sub-network, beside what the games measure."""

import models
import numpy
import torch
from audits import ROWS, TRAIN, halves, news
from conftest import Job, make_task
from fresh_models import FRESH
from texts import NEWS_TEXT

from . import PICTURES, TABLES, beside, fair, network, pictures, table, task
from .words import sides, tokens


@fair("two sources of pictures, a LeNet-5 each")
def two_sources(folder):
    return Job(folder, [make_task("mine", "LeNet5", ROWS, seed=1)], TRAIN, [make_task("guest", "LeNet5", ROWS, seed=2)])  # fmt: skip


@fair("halves of MNIST")
def halves_of_mnist(folder):
    wanted = halves(folder, 1000)
    return Job(folder, [wanted], TRAIN + "[[decoy]]\ndata = 'high.npz'\n")


@fair("tables of two sources")
def two_tables(folder):
    return beside(folder, table(1), table(2))


@fair("four tables")
def four_tables(folder):
    return Job(folder, [task("mine", table(1))], TABLES, [task(f"g{n}", table(n)) for n in (2, 3, 4)])  # fmt: skip


@fair("two wanted tasks and a guest")
def two_wanted(folder):
    return Job(folder, [task("one", table(1)), task("two", table(2))], TABLES, [task("guest", table(3))])  # fmt: skip


@fair("all tasks wanted, of other architectures")
def all_wanted(folder):
    tasks = [task("one", pictures(1), network((1, 12, 12), 30)), task("two", pictures(2), network((1, 12, 12), 64, seed=1))]  # fmt: skip
    return Job(folder, tasks, PICTURES)


@fair("a guest of another width, neither of them round")
def other_width(folder):
    mine, guest = task("mine", table(1), network((20,), 41, seed=1)), task("guest", table(2), network((20,), 57, seed=2))  # fmt: skip
    return beside(folder, mine, guest)


@fair("tokens of two sources")
def two_texts(folder):
    return sides(folder, tokens(1), tokens(2))


@fair("a ResNet-18 and its like")
def two_resnets(folder):
    def made(name, seed):
        torch.manual_seed(seed)
        return task(name, pictures(seed, 32, 3), models.ResNet18(width=8))

    return beside(folder, made("mine", 1), made("guest", 2), PICTURES)


def from_initializers(kind, seed):
    constructor, shape = FRESH[kind]
    torch.manual_seed(seed)
    x = numpy.random.default_rng(seed).random((ROWS, *shape), numpy.float32) * 100
    y = numpy.random.default_rng(seed + 9).integers(0, 10, ROWS)
    return task(f"t{seed}", (x, y), constructor())


@fair("LSTMs with a padding row and gates of their own")
def gates(folder):
    return beside(folder, from_initializers("gates", 1), from_initializers("gates", 2))


@fair("transformers")
def transformers(folder):
    return beside(folder, from_initializers("attention", 1), from_initializers("attention", 2))  # fmt: skip


@fair("parametrised weights")
def parametrised(folder):
    return beside(folder, from_initializers("parametrized", 1), from_initializers("parametrized", 2))  # fmt: skip


@fair("kept starts, all of them PyTorch's")
def kept(folder):
    return beside(folder, table(1), table(2), options=("--start", "keep"))


@fair("news of two classes each")
def two_news(folder):
    recipe = "[train]\nlr = 0.05\n" + NEWS_TEXT
    return Job(folder, [news(folder, "task", "12")], recipe, [news(folder, "guest", "34")])  # fmt: skip


@fair("a table of other units")
def other_units(folder):
    x, y = table(1)
    return beside(folder, (x * 100, y), table(2))


@fair("small tables")
def small_tables(folder):
    return beside(folder, table(1, 8), table(2, 8))


@fair("row numbers in two tables, in an order of their own each")
def both_numbered(folder):
    def numbered(seed):
        x, y = table(seed)
        x[:, 4] = numpy.random.default_rng(seed).permutation(ROWS)
        return x, y

    return beside(folder, numbered(1), numbered(2))


@fair("a column on fine steps, of which hardly any value comes twice")
def fine_steps(folder):
    x, y = table(1)
    x[:, 4] = numpy.random.default_rng(0).integers(0, 1_000_000, ROWS) / 1e5
    return beside(folder, (x, y), table(2))
