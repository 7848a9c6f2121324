"""What a recipe may say of an optimizer, with PyTorch's own constructors as the oracle."""

import json
import random
import re

import amalgam
import numpy
import pytest
import torch
from amalgam import _core
from command_lines import obfuscate_call
from conftest import ROOT, export, run, train_job, vectors
from torch import nn

CLASSES = {
    "sgd": (torch.optim.SGD, ["momentum", "dampening", "nesterov"]),
    "adam": (torch.optim.Adam, ["betas", "eps", "amsgrad", "decoupled_weight_decay"]),
    "adamw": (torch.optim.AdamW, ["betas", "eps", "amsgrad"]),
    "rmsprop": (torch.optim.RMSprop, ["alpha", "eps", "momentum", "centered"]),
    "adagrad": (torch.optim.Adagrad, ["lr_decay", "initial_accumulator_value", "eps"]),
    "nadam": (torch.optim.NAdam, ["betas", "eps", "momentum_decay", "decoupled_weight_decay"]),
    "radam": (torch.optim.RAdam, ["betas", "eps", "decoupled_weight_decay"]),
    "adamax": (torch.optim.Adamax, ["betas", "eps"]),
    "adadelta": (torch.optim.Adadelta, ["rho", "eps"]),
    "asgd": (torch.optim.ASGD, ["lambd", "alpha", "t0"]),
    "rprop": (torch.optim.Rprop, ["etas", "step_sizes"]),
    "adafactor": (torch.optim.Adafactor, ["beta2_decay", "d"]),
}  # fmt: skip
COMMON = ["lr", "weight_decay", "maximize"]
PAIRS = {"betas", "etas", "step_sizes"}
STRICTER = {"lambd", "alpha", "t0", "step_sizes"}  # PyTorch takes them below 0, too
FLAGS = {"nesterov", "amsgrad", "centered", "decoupled_weight_decay", "maximize"}
NUMBERS = [0.0, 1e-12, 1e-8, 1e-3, 0.1, 0.5, 0.9, 1.0 - 2**-53, 1.0, 1.5, 1e6, 1e18, -1e-9, -0.5, -1.0, float("nan")]  # fmt: skip
TAKEN = [value for value in NUMBERS if 0 <= value < 1]


def names_of(optimizer):
    return CLASSES[optimizer][1] + [n for n in COMMON if (optimizer, n) != ("rprop", "weight_decay")]  # fmt: skip


def draw(name, numbers, chance):
    if name in FLAGS:
        return chance.random() < 0.5
    if name in PAIRS:
        return [chance.choice(numbers) for _ in range(2)]
    return chance.choice(numbers)


def arguments_of(optimizer, chance):
    """Few or many arguments, all of them well or perhaps one of them odd."""
    names = chance.sample(names_of(optimizer), chance.randint(1, 4))
    found = {name: draw(name, TAKEN, chance) for name in names}
    if chance.random() < 0.6:
        odd = chance.choice(names)
        found[odd] = draw(odd, NUMBERS, chance)
    return found


def each_alone(optimizer):
    """Every argument with every number, or as a flag."""
    for name in names_of(optimizer):
        if name in FLAGS:
            yield from ({name: True}, {name: False})
        for value in NUMBERS if name not in FLAGS else ():
            if name in PAIRS:
                yield from ({name: [value, 0.5]}, {name: [0.5, value]})
            else:
                yield {name: value}


def two_steps(optimizer, arguments):
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    made = CLASSES[optimizer][0](model.parameters(), **arguments)
    for _ in range(2):
        made.zero_grad()
        model(torch.ones(4, 3)).square().sum().backward()
        made.step()


def torch_takes(optimizer, arguments):
    try:
        two_steps(optimizer, arguments)
    except (ValueError, RuntimeError, OverflowError, ZeroDivisionError):
        return False
    return True


def refusal(folder, optimizer, arguments):
    (folder / "r.toml").write_text(amalgam.Recipe(optimizer=optimizer, **arguments).to_toml())  # fmt: skip
    try:
        _core.check_recipe(str(folder / "r.toml"))
    except amalgam.InvalidError as error:
        return str(error)
    return None


@pytest.mark.parametrize("optimizer", CLASSES)
def test_a_recipe_takes_what_torch_takes(tmp_path, optimizer):
    """NaN and dampening of NaN aside, which PyTorch takes and nobody means."""
    chance = random.Random(optimizer)
    verdicts = set()
    drawn = [arguments_of(optimizer, chance) for _ in range(100)]
    for arguments in [*each_alone(optimizer), *drawn]:
        found = refusal(tmp_path, optimizer, arguments)
        flat = numpy.array([x for value in arguments.values() for x in numpy.atleast_1d(value)], float)  # fmt: skip
        stricter = any(numpy.min(arguments[n]) < 0 for n in STRICTER & set(arguments))
        stricter = stricter or (optimizer == "asgd" and arguments.get("alpha", 0) > 1)
        expected = torch_takes(optimizer, arguments) and not numpy.isnan(flat).any() and not stricter  # fmt: skip
        assert (found is None) == expected, (optimizer, arguments, found)
        verdicts.add(expected)
        if found is not None:
            assert any(f"train.{name}: " in found for name in arguments), found
            assert "expected" in found or "needs" in found
    assert verdicts == {True, False}


def test_arguments_of_others_are_refused_as_torch_does(tmp_path):
    for optimizer, (made, names) in CLASSES.items():
        for other in sorted({name for _, some in CLASSES.values() for name in some} - set(names)):  # fmt: skip
            value = [0.5, 1.2] if other in PAIRS else other in FLAGS or 0.5
            assert f"train.{other}: is an argument of " in refusal(tmp_path, optimizer, {other: value})  # fmt: skip
            with pytest.raises(TypeError):
                made([nn.Parameter(torch.zeros(1))], **{other: value})


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("task")
    export(nn.Linear(6, 3), (6,), folder / "m.pt2")
    x, y = vectors((6,), 40, 3)
    numpy.savez(folder / "d.npz", x=x, y=y)
    return folder


def obfuscate(task, folder, recipe):
    (folder / "r.toml").write_text(recipe.to_toml())
    return run(*obfuscate_call(folder, model=task / "m.pt2", data=task / "d.npz")).stdout  # fmt: skip


@pytest.mark.parametrize("optimizer", CLASSES)
def test_defaults_of_lr_are_those_of_torch(task, tmp_path, optimizer):
    made = CLASSES[optimizer][0]([nn.Parameter(torch.zeros(1))])
    default = made.param_groups[0]["lr"]
    text = obfuscate(task, tmp_path, amalgam.Recipe(optimizer=optimizer))
    said = re.search(
        rf"PyTorch's default for {type(made).__name__} holds, (.+)\.", text
    )
    assert float(said[1]) == default
    assert f'| `"{optimizer}"` | {default} |' in (ROOT / "docs" / "recipe.md").read_text()  # fmt: skip


@pytest.mark.parametrize("optimizer", CLASSES)
def test_what_a_recipe_leaves_out_is_written_as_pytorch_has_it(task, tmp_path, optimizer):  # fmt: skip
    """So that which arguments an author wrote can't be seen."""
    obfuscate(task, tmp_path, amalgam.Recipe(optimizer=optimizer))
    for sub in json.loads((tmp_path / "job" / "job.json").read_text())["subnetworks"]:
        made = CLASSES[optimizer][0]([nn.Parameter(torch.zeros(1))]).defaults
        names = names_of(optimizer)
        assert sub["recipe"]["arguments"] == {n: list(made[n]) if n in PAIRS else made[n] for n in names}  # fmt: skip


# fmt: off
RECIPES = [
    {"optimizer": "sgd", "lr": 1e18, "momentum": 1e18, "weight_decay": 1e18},
    {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "clip_grad_norm": 1e-18},
    {"optimizer": "adam", "betas": [0, 0], "eps": 0, "amsgrad": True, "decoupled_weight_decay": True},
    {"optimizer": "adamw", "lr": 1e18, "betas": [1 - 2**-53, 1 - 2**-53], "weight_decay": 1e18},
    {"seed": 2**63 - 1, "batch_size": 10**12, "epochs": 10**12, "accumulate": 10**12, "maximize": True},
    {"schedule": {"kind": "step", "step_size": 1, "gamma": 0}, "clip_grad_norm": 1e18},
    {"schedule": {"kind": "cosine", "warmup_steps": 10**12}, "precision": "bf16"},
    {"schedule": {"kind": "one_cycle", "pct_start": 0}, "ema": 1 - 2**-53, "stop": {"patience": 10**12}},
    {"schedule": {"kind": "one_cycle", "pct_start": 1, "three_phase": True, "final_div_factor": 1e18}},
    {"schedule": {"kind": "multistep", "milestones": [1, 10**12], "min_lr": 1e18}, "precision": "fp16"},
    {"schedule": {"kind": "polynomial", "power": 1e18, "warmup_steps": 1, "warmup_form": "exponential", "warmup_start": 1e-18}},
    {"schedule": {"kind": "inverse_sqrt", "timescale": 10**12}, "loss_arguments": {"weight": [0, 0, 1e18]}},
    {"optimizer": "rprop", "no_decay": ["bias"], "group": [{"match": "weight", "lr": 0}]},
    {"input": {"scale": 1e-18, "mean": [-1e18], "std": [1e18]}, "no_decay": ["bias", "norm"]},
]
# fmt: on


@pytest.mark.parametrize("arguments", RECIPES)
def test_what_is_accepted_trains(task, tmp_path, arguments):
    obfuscate(task, tmp_path, amalgam.Recipe(**arguments))
    train_job(tmp_path / "job", tmp_path / "out", "--max-steps", 2)
    assert (tmp_path / "out" / "trained.safetensors").exists()
    written = json.loads((tmp_path / "job" / "job.json").read_text())["subnetworks"][0][
        "recipe"
    ]
    for name, value in arguments.items():
        if name in ("lr", "betas", "eps", "weight_decay"):
            assert written["arguments"][name] == value
