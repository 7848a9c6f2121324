"""Job.start() and obfuscate(into=): the values that training begins with."""

import amalgam
import models
import pytest
import torch
from conftest import assert_same_state
from test_api import EXAMPLE, RECIPE, digits, job_of, lenet
from warm_python import warm_python


def test_the_start_is_loaded_where_asked(tmp_path):
    x, y = digits()
    model = lenet()
    initial = {n: t.clone() for n, t in model.state_dict().items()}
    job = job_of(tmp_path / "one", model, (x, y), into=model)
    assert_same_state(job.start(), model.state_dict())
    assert not any(torch.equal(t, initial[n]) for n, t in model.state_dict().items())
    proof = amalgam.verify(model, EXAMPLE, (x, y), recipe=RECIPE, job=job.path, key=job.key, steps=2, python=str(warm_python()))  # fmt: skip
    assert proof[0].holds
    kept = job_of(tmp_path / "two", lenet(), (x, y), start="keep", passphrase="words")
    assert_same_state(kept.start(passphrase="words"), initial)
    with pytest.raises(amalgam.UsageError, match="into= is a class"):
        job_of(tmp_path / "three", lenet(), (x, y), into=models.LeNet5)
    with pytest.raises(amalgam.UsageError, match="into= is not the task's model"):
        job_of(tmp_path / "three", lenet(), (x, y), into=torch.nn.Linear(2, 2))
    assert not (tmp_path / "three" / "home.key").exists()
    with pytest.raises(amalgam.UsageError, match="'again' is unknown"):
        job_of(tmp_path / "three", lenet(), (x, y), start="again")
    assert not (tmp_path / "three" / "job").exists()


@pytest.mark.parametrize("short", [torch.float16, torch.bfloat16])
def test_nothing_is_rounded_silently(tmp_path, short):
    x, y = digits()
    into = lenet().to(short)
    before = {n: t.clone() for n, t in into.state_dict().items()}
    says = f"has 'conv1.weight' as {str(short).removeprefix('torch.')}, and the task as float32: 10 tensors would be rounded"
    with pytest.raises(amalgam.UsageError, match=says):
        job_of(tmp_path / "one", lenet(), (x, y), into=into)
    assert not (tmp_path / "one" / "home.key").exists()
    job = job_of(tmp_path / "two", lenet(), (x, y))
    with pytest.raises(amalgam.UsageError, match=says):
        amalgam.extract(job.path / "weights.safetensors", key=job.key, into=into)
    assert_same_state(into.state_dict(), before)
    wide = lenet().double()
    amalgam.extract(job.path / "weights.safetensors", key=job.key, into=wide)
    assert all(torch.equal(t, job.start()[n].double()) for n, t in wide.state_dict().items())  # fmt: skip


@pytest.mark.parametrize("option", ["amount", "model_amount"])
@pytest.mark.parametrize("amount", [float("nan"), float("inf"), 1e300, 0, -1])
def test_amounts_are_those_of_the_command_line(tmp_path, option, amount):
    with pytest.raises(
        amalgam.UsageError, match=f"{option}=: expected a number above 0"
    ):
        job_of(tmp_path, lenet(), digits(), **{option: amount})
    with pytest.raises(
        amalgam.UsageError, match="decoys=: expected a whole number up to 1000"
    ):
        job_of(tmp_path, lenet(), digits(), decoys=10**9)
