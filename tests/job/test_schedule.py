"""How the learning rate goes: as torch.optim.lr_scheduler has it, and in train.py as in the plain loop, bit for bit."""

import itertools
import math
import random

import plain_schedule
import pytest
import torch
from conftest import ROOT
from torch.optim import lr_scheduler

TRAINER = {"math": math}
exec((ROOT / "src/job/templates/train/schedule.py").read_text(), TRAINER)
STEPS, RATE = 40, 0.3
DEFAULTS = plain_schedule.SCHEDULE


def schedule(kind, **arguments):
    return {"kind": kind, "arguments": {**DEFAULTS, **arguments}}


def rates(kind, steps=STEPS, **arguments):
    one = schedule(kind, **arguments)
    return [TRAINER["learning_rate"](one, RATE, step, steps) for step in range(steps)]


def torchs(make, steps=STEPS, optimizer=torch.optim.SGD, what="lr", **settings):
    """What a scheduler of PyTorch gives, step by step."""
    made = optimizer([torch.nn.Parameter(torch.zeros(1))], lr=RATE, **settings)
    scheduler, found = make(made), []
    for _ in range(steps):
        group = made.param_groups[0]
        found.append(group["betas"][0] if what == "betas" else group[what])
        made.step()
        if len(found) < steps:
            scheduler.step()
    return found


@pytest.mark.parametrize(
    "kind, arguments, make",
    [
        ("constant", {}, lambda o: lr_scheduler.LambdaLR(o, lambda _: 1.0)),
        ("cosine", {}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)),
        ("cosine", {"min_lr": 0.01}, lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, 0.01)),
        ("linear", {}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, STEPS)),
        ("step", {"step_size": 7, "gamma": 0.5}, lambda o: lr_scheduler.StepLR(o, 7, 0.5)),
        ("multistep", {"milestones": [5, 20], "gamma": 0.2}, lambda o: lr_scheduler.MultiStepLR(o, [5, 20], 0.2)),
        ("exponential", {"gamma": 0.9}, lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
        ("polynomial", {"power": 2.0}, lambda o: lr_scheduler.PolynomialLR(o, STEPS, 2.0)),
        ("one_cycle", {}, lambda o: lr_scheduler.OneCycleLR(o, RATE, STEPS, cycle_momentum=False)),
        ("one_cycle", {"three_phase": True, "anneal": "linear", "pct_start": 0.2, "div_factor": 10.0}, lambda o: lr_scheduler.OneCycleLR(o, RATE, STEPS, pct_start=0.2, anneal_strategy="linear", cycle_momentum=False, div_factor=10, three_phase=True)),
        ("constant", {"warmup_steps": 8, "warmup_start": 0.25}, lambda o: lr_scheduler.LinearLR(o, 0.25, 1.0, 8)),
        ("constant", {"warmup_steps": 8, "warmup_form": "constant", "warmup_start": 0.25}, lambda o: lr_scheduler.ConstantLR(o, 0.25, 8)),
    ],
)  # fmt: skip
def test_the_rates_are_those_of_pytorch(kind, arguments, make):
    assert rates(kind, **arguments) == pytest.approx(torchs(make), rel=1e-9, abs=1e-12)


def test_inverse_square_roots_are_those_of_transformers():
    """transformers.get_inverse_sqrt_schedule: linear from 0, then 1 / sqrt((step + shift) / timescale)."""
    for warmup, scale in ((8, 0), (8, 20), (0, 50), (0, 0)):
        time = scale or warmup or 10_000
        expected = [RATE / math.sqrt((step + time - warmup) / time) for step in range(warmup, STEPS)]  # fmt: skip
        found = rates("inverse_sqrt", warmup_steps=warmup, timescale=scale)
        assert found[warmup:] == pytest.approx(expected, rel=1e-12)


def test_a_floor_holds():
    for kind in ("step", "exponential", "multistep", "inverse_sqrt"):
        found = rates(kind, gamma=0.5, step_size=1, milestones=[1, 2, 3, 4, 5, 6], timescale=1, min_lr=0.06)  # fmt: skip
        assert min(found) == 0.06 and found == sorted(found, reverse=True)
    for kind in ("cosine", "linear", "polynomial"):
        assert rates(kind, min_lr=0.02)[-1] == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize("name, optimizer, settings", [("momentum", torch.optim.SGD, {"momentum": 0.9}), ("betas", torch.optim.AdamW, {})])  # fmt: skip
@pytest.mark.parametrize("three_phase", [False, True])
def test_a_cycle_moves_the_momentum_the_other_way(name, optimizer, settings, three_phase):  # fmt: skip
    one = schedule("one_cycle", three_phase=three_phase)
    found = [TRAINER["momentum_of"](one, step, STEPS) for step in range(STEPS)]
    expected = torchs(lambda o: lr_scheduler.OneCycleLR(o, RATE, STEPS, three_phase=three_phase), optimizer=optimizer, what=name, **settings)  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-9)
    assert TRAINER["momentum_of"](schedule("cosine"), 3, STEPS) is None
    assert TRAINER["momentum_of"](schedule("one_cycle", cycle_momentum=False), 3, STEPS) is None  # fmt: skip


KINDS = ("constant", "cosine", "linear", "step", "multistep", "exponential", "polynomial", "one_cycle", "inverse_sqrt")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_plain_loop_has_the_same_bits(kind):
    chance = random.Random(kind)
    for _ in range(100):
        total = chance.randint(1, 60)
        one = schedule(
            kind,
            warmup_steps=chance.choice([0, 0, 5, 100]),
            warmup_form=chance.choice(["linear", "constant", "exponential"]),
            warmup_start=chance.uniform(0.01, 1),
            min_lr=chance.choice([0.0, 0.01]),
            step_size=chance.randint(1, 9),
            milestones=sorted(chance.sample(range(1, 60), 3)),
            gamma=chance.uniform(0, 1),
            power=chance.uniform(0, 3),
            timescale=chance.choice([0, 7]),
            pct_start=chance.uniform(0, 1),
            anneal=chance.choice(["cos", "linear"]),
            three_phase=chance.random() < 0.5,
            div_factor=chance.uniform(1, 30),
        )
        for step, rate in itertools.product(range(total), (RATE, 1e-4)):
            found = TRAINER["learning_rate"](one, rate, step, total)
            assert found == plain_schedule.learning_rate(one, rate, step, total)
            group = {"momentum": 0.9}
            plain_schedule.cycle_momentum(one, group, step, total)
            assert (TRAINER["momentum_of"](one, step, total) or 0.9) == group["momentum"]  # fmt: skip
