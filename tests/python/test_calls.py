"""Arguments of calls: what they take, and one line that names the argument where something else is given."""

import os

import amalgam
import numpy
import pytest
import torch
from test_export_meaning import EXAMPLE, X, Y, net
from torch import nn


def call(folder, **options):
    return amalgam.obfuscate(net(), EXAMPLE, (X, Y), job=folder / "job", key=folder / "key", progress=False, **options)  # fmt: skip


@pytest.mark.parametrize(("options", "says"), [
    ({"decoys": -1}, "decoys=: expected a whole number of at least 0, found -1"),
    ({"decoys": 1.5}, "decoys=: expected a whole number of at least 0, found 1.5"),
    ({"decoys": [net()]}, "decoys[0] is Sequential; expected an amalgam.Task("),
    ({"decoys": net()}, "decoys[0] is "),
    ({"seed": 5}, "seed=: expected text, found 5"),
    ({"threads": "all"}, "threads=: expected a whole number of at least 0, found 'all'"),
    ({"amount": "half"}, "amount=: expected a number, found 'half'"),
    ({"skip_damaged": "yes"}, "skip_damaged=: expected True or False, found 'yes'"),
    ({"passphrase": ""}, "passphrase= is empty"),
    ({"rows": 1}, "rows=: a job needs at least two rows"),
    ({"links": 5}, "links=: needs a decoy"),
])  # fmt: skip
def test_options_of_another_kind_are_named(tmp_path, options, says):
    with pytest.raises(amalgam.Error) as found:
        call(tmp_path, **options)
    assert says in str(found.value) and len(str(found.value).splitlines()) == 1
    assert not os.listdir(tmp_path)


def test_tasks_are_tasks():
    with pytest.raises(amalgam.UsageError, match=r"tasks\[1\] is Sequential"):
        amalgam.obfuscate(tasks=[amalgam.Task(net(), EXAMPLE, (X, Y)), net()])


def test_numbers_of_numpy_and_torch_are_options(tmp_path):
    job = call(tmp_path, rows=numpy.int64(30), amount=numpy.float32(1.0), threads=torch.tensor(1), decoys=numpy.int32(1))  # fmt: skip
    assert job.facts["rows"] == 30


def test_notes_name_arguments(tmp_path):
    """Guests by their place, not by the files that were written for the core; options as arguments."""
    guests = [amalgam.Task(net(), EXAMPLE, (X[:n], Y[:n])) for n in (len(X), len(X) // 2)]  # fmt: skip
    notes = "\n".join(call(tmp_path, decoys=guests).facts["notes"])
    assert "'decoys[1]' has " in notes and "use like= with" in notes
    assert ".pt2" not in notes and "--like" not in notes


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    job = call(tmp_path_factory.mktemp("job"), passphrase="secret")
    return job.path / "weights.safetensors", job.key


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile, lambda model: nn.DataParallel(torch.compile(model))])  # fmt: skip
def test_weights_go_into_what_torch_has_wrapped(untrained, wrap):
    trained, key = untrained
    into = net()
    nn.init.zeros_(into[0].weight)
    state = amalgam.extract(trained, key=key, into=wrap(into), passphrase="secret")
    assert torch.equal(into[0].weight, state["0.weight"])


@pytest.mark.parametrize(("into", "says"), [
    (nn.Linear(6, 8), "'weight' is [8, 6] in into= alone"),
    (nn.Sequential(nn.Linear(6, 8)), "'3.weight' is [3, 8] in the task alone"),
    (nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Tanh(), nn.Linear(8, 4)), "'3.weight' is [4, 8] in into= and [3, 8] in the task"),
    (nn.Linear, "into= is a class"),
    ({}, "into= is dict"),
])  # fmt: skip
def test_another_model_is_not_filled_in_part(untrained, into, says):
    trained, key = untrained
    before = [p.clone() for p in into.parameters()] if isinstance(into, nn.Module) else []  # fmt: skip
    with pytest.raises(amalgam.UsageError) as found:
        amalgam.extract(trained, key=key, into=into, passphrase="secret")
    assert says in str(found.value)
    if before:
        assert all(map(torch.equal, before, into.parameters()))


def test_a_missing_passphrase_is_an_argument(untrained):
    trained, key = untrained
    with pytest.raises(amalgam.KeyFileError, match="give it with passphrase="):
        amalgam.extract(trained, key=key)
