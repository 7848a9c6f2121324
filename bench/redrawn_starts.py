"""Whether training from a redrawn start is as good as from the owner's: held-out accuracies over ten seeds.

python bench/redrawn_starts.py [--data ../shared/data] [--seeds 10] [--only LeNet-5]

LeNet-5 on MNIST, and a narrow ResNet-18 on CIFAR-10, each trained by the same loop over the same rows in the same order from
both starts. Prints means, deviations, the paired difference with its 95 % interval, and exits with 1 where that excludes 0.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import amalgam
import numpy
import scipy.stats
import torch

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
import models
import plain_training
from real_data import read_cifar, read_mnist
from tqdm import tqdm

torch.set_num_threads(1)
HELD_OUT = 2000
# A constructor, the rows that train, and the recipe.
SETTINGS = {
    "LeNet-5": (models.LeNet5, 4000, {"epochs": 3, "arguments": {"lr": 0.02, "momentum": 0.9}}),
    "ResNet-18": (lambda: models.ResNet18(width=8), 3000, {"epochs": 3, "arguments": {"lr": 0.05, "momentum": 0.9}}),
}  # fmt: skip
INPUT = {"scale": 255.0, "mean": [0.5], "std": [0.25]}


def data_of(name, data):
    x, y = (read_mnist if name == "LeNet-5" else read_cifar)(data)
    order = numpy.random.default_rng(0).permutation(len(x))
    return (x[:, None] if x.ndim == 3 else x)[order], y[order]


def redrawn(model, x, y):
    """The values that a job of the model begins with."""
    example = torch.zeros(2, *x.shape[1:])
    with tempfile.TemporaryDirectory() as folder:
        job = amalgam.obfuscate(model, example, (x[:64], y[:64]), job=f"{folder}/job", key=f"{folder}/key", progress=False)  # fmt: skip
        return job.start()


def accuracy(model, x, y):
    model.eval()
    settings = {**INPUT, "mean": INPUT["mean"] * x.shape[1], "std": INPUT["std"] * x.shape[1]}  # fmt: skip
    with torch.no_grad():
        outputs = model(plain_training.prepare(torch.as_tensor(x), settings, False))
    return (outputs.argmax(1).numpy() == y).mean()


def compared(name, data, seeds):
    """Accuracies [seeds, 2] from the owner's start and from the redrawn one."""
    constructor, rows, recipe = SETTINGS[name]
    x, y = data_of(name, data)
    found = []
    for seed in tqdm(range(seeds), desc=name, disable=None):
        torch.manual_seed(seed)
        model = constructor()
        own = {n: t.clone() for n, t in model.state_dict().items()}
        order = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
        settings = {**INPUT, "mean": INPUT["mean"] * x.shape[1], "std": INPUT["std"] * x.shape[1]}  # fmt: skip
        pair = []
        for start in (own, redrawn(model, x, y)):
            model.load_state_dict(start)
            model.train()  # accuracy() left it in eval, where batch norm learns no statistics
            plain_training.train(model, x, y, order, {**recipe, "seed": seed, "input": settings})  # fmt: skip
            pair.append(accuracy(model, x[-HELD_OUT:], y[-HELD_OUT:]))
        found.append(pair)
    return numpy.array(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", choices=SETTINGS)
    options = parser.parse_args()
    print("| model | owner's start | redrawn | difference |\n| --- | --- | --- | --- |")
    differs = False
    for name in [options.only] if options.only else SETTINGS:
        found = compared(name, options.data, options.seeds)
        difference = found[:, 1] - found[:, 0]
        interval = scipy.stats.t.interval(0.95, len(found) - 1, difference.mean(), scipy.stats.sem(difference))  # fmt: skip
        sides = (f"{s.mean():.4f} ± {s.std(ddof=1):.4f}" for s in found.T)
        print(f"| {name} | {' | '.join(sides)} | {difference.mean():+.4f} [{interval[0]:+.4f}, {interval[1]:+.4f}] |")  # fmt: skip
        differs = differs or interval[0] > 0 or interval[1] < 0
    return int(differs)


if __name__ == "__main__":
    sys.exit(main())
