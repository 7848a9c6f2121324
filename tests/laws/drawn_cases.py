"""Tasks drawn at random: a model, its data, a loss, targets, transforms and a recipe, for Amalgam and for plain PyTorch."""

import copy
import random

import amalgam
import amalgam.transforms as T
import numpy
import torch
from conftest import images
from own_programs import Focal, Language, TwoHeads, Uncertainty
from torch import nn
from torch.nn import functional as F

ROWS, CLASSES = 70, 4


def _array(seed, *shape):
    return numpy.random.default_rng(seed).normal(0, 1, (ROWS, *shape)).astype(numpy.float32)  # fmt: skip


def _numbers(seed, *shape, most=CLASSES):
    return numpy.random.default_rng(seed).integers(0, most, (ROWS, *shape))


class Conv(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.2))  # fmt: skip
        self.last = last

    def forward(self, x):
        return self.last(self.body(x))


class Unet(nn.Module):
    """One level down and up again."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())  # fmt: skip
        self.below = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU())  # fmt: skip
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.last = nn.Conv2d(16, CLASSES, 1)

    def forward(self, x):
        x = self.first(x)
        return self.last(torch.cat([x, self.up(self.below(x))], 1))


def mlp(width=12, outputs=CLASSES):
    return nn.Sequential(nn.Linear(width, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, outputs))  # fmt: skip


def soft_cross_entropy(output, y):
    return -(y * F.log_softmax(output, 1)).sum(1).mean()


def dice(output, mask):
    wanted = F.one_hot(mask.long(), CLASSES).movedim(-1, 1).float()
    given = output.softmax(1)
    both = (given * wanted).sum((2, 3))
    return 1 - (2 * both / (given + wanted).sum((2, 3)).clamp(min=1e-6)).mean()


def heads(first, second, kind, size):
    return F.cross_entropy(first, kind) + F.huber_loss(second[:, 0], size)


class Drawn:
    """One task. `settings` and `own` are Amalgam's, `plain` and `own` plain PyTorch's."""

    def __init__(self, draw, seed):
        torch.manual_seed(seed)
        self.own, self.settings, self.plain, self.targets = {}, {}, {}, ["y"]
        self.kind = draw.choice(["vectors", "values", "images", "masks", "heads", "tokens", "labels"])  # fmt: skip
        getattr(self, self.kind)(draw, seed)
        self.recipe(draw)

    def loss(self, name, arguments=None):
        self.settings["loss"] = self.plain["loss"] = name
        if arguments:
            self.settings["loss_arguments"] = self.plain["loss_arguments"] = arguments

    def vectors(self, draw, seed):
        self.model, self.example = mlp(), torch.zeros(2, 12)
        self.data = {"x": _array(seed, 12), "y": _numbers(seed)}
        weight = [round(draw.uniform(0.3, 2), 3) for _ in range(CLASSES)]
        choice = draw.randrange(4)
        if choice == 0:
            self.own["loss"] = Focal(weight, draw.choice([0.5, 2.0]))
        elif choice == 1:
            self.loss("cross_entropy", {"weight": weight, "label_smoothing": 0.1})
        elif choice == 2:
            self.loss("multi_margin", {"p": 2})
        else:
            self.own["transform"] = lambda x: x + 0.1 * torch.randn_like(x)

    def values(self, draw, seed):
        self.model, self.example = mlp(outputs=3), torch.zeros(2, 12)
        self.data = {"x": _array(seed, 12), "y": _array(seed + 1, 3)}
        choice = draw.randrange(3)
        if choice == 0:
            self.own["loss"] = lambda output, y: (output - y).abs().sqrt().add(1e-3).mean()  # fmt: skip
        else:
            self.loss(*[("huber", {"delta": 0.4}), ("mse", None)][choice - 1])

    def images(self, draw, seed):
        size = 8
        self.model = Conv(nn.Sequential(nn.Flatten(), nn.Linear(8 * size * size, CLASSES)))  # fmt: skip
        self.example = torch.zeros(2, 3, size, size)
        self.data = dict(zip(("x", "y"), images((3, size, size), ROWS, CLASSES, seed), strict=True))  # fmt: skip
        parts = [T.RandomResizedCrop(size), T.RandomHorizontalFlip(), T.ColorJitter(0.3, 0.3, 0.3), T.RandomErasing(), T.GaussianNoise(3.0)]  # fmt: skip
        chosen = draw.sample(parts, draw.randrange(1, 4))
        mixes = draw.choice([None, T.MixUp(CLASSES), T.CutMix(CLASSES)])
        self.own["transform"] = T.Chain(*chosen, *([mixes] if mixes else []))
        self.settings["input"] = self.plain["input"] = {"scale": 255.0}
        if mixes and draw.random() < 0.5:
            self.own["loss"] = soft_cross_entropy
            self.own["eval_transform"] = T.Chain(T.CutMix(CLASSES))

    def masks(self, draw, seed):
        self.model = draw.choice([Unet, lambda: Conv(nn.Conv2d(8, CLASSES, 1))])()
        self.example = torch.zeros(2, 3, 8, 8)
        self.targets = ["mask"]
        self.data = {"x": _array(seed, 3, 8, 8), "mask": _numbers(seed, 8, 8).astype(numpy.uint8)}  # fmt: skip
        if draw.random() < 0.5:
            self.own["loss"] = dice
        else:
            self.loss("cross_entropy", {"ignore_index": 1})
        if draw.random() < 0.5:
            self.own["transform"] = T.On(T.RandomHorizontalFlip(), mask="mask")

    def heads(self, draw, seed):
        self.model, self.example = TwoHeads(classes=CLASSES), torch.zeros(2, 12)
        self.targets = draw.sample(["kind", "size"], 2)
        self.data = {"x": _array(seed, 12), "kind": _numbers(seed), "size": _array(seed + 1)}  # fmt: skip
        self.own["loss"] = draw.choice([heads, Uncertainty()])

    def tokens(self, draw, seed):
        self.model, self.example = Language(), torch.zeros(2, 9, dtype=torch.int64)
        self.targets = []
        self.data = {"x": _numbers(seed, 9, most=24)}
        mask = T.MaskTokens(mask=1, vocabulary=24, special=[0])
        chain = T.Chain(T.SwapTokens(0.2), mask) if draw.random() < 0.5 else mask
        self.own["transform"], self.own["eval_transform"] = chain, mask

    def labels(self, draw, seed):
        self.model, self.example = mlp(), torch.zeros(2, 12)
        self.data = {"x": _array(seed, 12), "y": (_array(seed + 1, CLASSES) > 0).astype(numpy.float32)}  # fmt: skip
        self.loss("bce_with_logits", {"pos_weight": [1.0, 2.0, 0.5, 3.0]})

    def recipe(self, draw):
        optimizer, name, arguments = draw.choice(
            [
                ("sgd", "SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3}),
                ("adam", "Adam", {"lr": 0.003, "betas": [0.8, 0.95]}),
                ("adamw", "AdamW", {"lr": 0.003, "weight_decay": 0.05}),
                ("rmsprop", "RMSprop", {"lr": 0.002, "momentum": 0.5}),
                ("nadam", "NAdam", {"lr": 0.002}),
                ("adagrad", "Adagrad", {"lr": 0.02}),
                ("adamax", "Adamax", {"lr": 0.004}),
                ("asgd", "ASGD", {"lr": 0.02}),
                ("rprop", "Rprop", {"lr": 0.001}),
                ("adafactor", "Adafactor", {"lr": 0.01}),
            ]
        )
        self.settings.update(optimizer=optimizer, **arguments)
        self.plain.update(optimizer=name, arguments=arguments)
        kind, given = draw.choice(
            [
                ("constant", {}),
                ("constant", {"warmup_steps": 3}),
                ("cosine", {"warmup_steps": 2, "min_lr": 1e-4}),
                ("linear", {}),
                ("step", {"step_size": 3, "gamma": 0.5}),
                ("multistep", {"milestones": [2, 5]}),
                ("exponential", {"gamma": 0.9}),
                ("polynomial", {"power": 2.0}),
                ("one_cycle", {"pct_start": 0.4}),
                ("inverse_sqrt", {"warmup_steps": 2}),
            ]
        )
        self.settings["schedule"] = {"kind": kind, **given}
        self.plain["schedule"] = {"kind": kind, "arguments": given}
        for key, values in (("accumulate", [1, 1, 2, 3]), ("ema", [0, 0, 0.9]), ("clip_grad_norm", [0, 0, 0.5])):  # fmt: skip
            self.settings[key] = self.plain[key] = draw.choice(values)
        if draw.random() < 0.3:
            self.settings["stop"], self.plain["patience"] = {"patience": 1}, 1
        if draw.random() < 0.5:
            self.group(draw)

    def group(self, draw):
        """One with another rate, or frozen; PyTorch names its members one by one."""
        names = [n for n, _ in self.model.named_parameters()]
        first = names[0].split(".")[0]
        members = [n for n in names if n.startswith(first + ".")]
        self.frozen = draw.random() < 0.3
        if self.frozen:
            self.settings["group"] = [{"match": f"{first}.*", "freeze": True}]
            self.frozen = members
        else:
            self.settings["group"] = [{"match": f"{first}.*", "lr": 0.001}]
            arguments = {**self.plain["arguments"], "lr": 0.001}
            self.plain["groups"] = [{"names": members, "arguments": arguments}]

    frozen: list | bool = False

    def task(self, name):
        settings = dict(self.settings)
        if self.targets != ["y"] and self.targets:
            settings["targets"] = self.targets
        return amalgam.Task(self.model, self.example, self.data, name=name, recipe=amalgam.Recipe(**settings), **self.own)  # fmt: skip

    def another_question(self):
        """Of the same rows, as others would answer it."""
        other = copy.deepcopy(self)
        other.data = {n: numpy.roll(a, 1, 0).copy() if n in self.targets else a for n, a in self.data.items()}  # fmt: skip
        return other

    def fields(self):
        targets = [n for n in self.data if n in self.targets]
        return ({n: self.data[n] for n in self.data if n not in targets}, {n: self.data[n] for n in targets})  # fmt: skip


def drawn(seed):
    """One to three wanted tasks, how many decoys are generated, and guests: of other data, of the first task's, or none."""
    draw = random.Random(seed)
    tasks = [Drawn(draw, 100 * seed + i) for i in range(draw.choice([1, 1, 2, 3]))]
    generated = draw.choice([0, 1, 2])
    guests = [Drawn(draw, 100 * seed + 9)] if draw.random() < 0.4 else []
    if draw.random() < 0.4:
        guests.append(tasks[0].another_question())
    return tasks, generated, guests
