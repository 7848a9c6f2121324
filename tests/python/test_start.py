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
