"""Law 3 over random choices of model, loss, targets, transforms and recipe, of one to three tasks beside decoys."""

import amalgam
import plain_training
import pytest
import torch
from conftest import SEED, assert_same_state, plan_of, same_bits, train_job
from drawn_cases import drawn
from torch import nn

JOB = {"epochs": 2, "batch_size": 16}


def assert_case(folder, seed):
    tasks, generated, guests = drawn(seed)
    decoys = [guest.task("guest") for guest in guests]
    names = [f"task{i}" for i in range(len(tasks))]
    amalgam.obfuscate(tasks=[t.task(n) for t, n in zip(tasks, names, strict=True)], decoys=decoys, generated=generated, recipe=amalgam.Recipe(**JOB), job=folder / "job", key=folder / "key", seed=SEED, progress=False)  # fmt: skip
    trained = train_job(folder / "job", folder / "result")
    plan = plan_of(folder / "key")
    for task, name in zip(tasks, names, strict=True):
        rows = plan["streams"][plan["wanted"][name]["subnetwork"]]["rows"]
        assert_task(folder, task, name, torch.tensor(rows), trained)


def assert_task(folder, task, name, rows, trained):
    def extract(what, **options):
        return amalgam.extract(what, key=folder / "key", task=name, **options)

    start = folder / "job" / "weights.safetensors"
    task.model.load_state_dict(extract(start))
    loss = task.own.get("loss")
    learns = isinstance(loss, nn.Module) and len(list(loss.parameters())) > 0
    if learns:
        loss.load_state_dict(extract(start, loss=True))
    for parameter, tensor in task.model.named_parameters():
        tensor.requires_grad_(parameter not in (task.frozen or []))
    kept = {}
    plain_training.train(task.model, *task.fields(), rows, {**JOB, **task.plain}, kept=kept, **task.own)  # fmt: skip
    assert_same_state(extract(trained), task.model.state_dict())
    if learns:
        assert_same_state(extract(trained, loss=True), loss.state_dict())
    if task.plain["ema"]:
        averaged = extract(folder / "result", ema=True)
        for parameter, tensor in kept["ema"].items():
            if not parameter.startswith("loss."):
                assert same_bits(averaged[parameter], tensor), parameter
    best = extract(folder / "result", best=True)
    for parameter, tensor in kept.get("best", {}).items():
        assert same_bits(best[parameter], tensor), parameter


@pytest.mark.parametrize("seed", range(8))
def test_some_cases(tmp_path, seed):
    assert_case(tmp_path, seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(8, 100))
def test_the_other_cases(tmp_path, seed):
    assert_case(tmp_path, seed)
