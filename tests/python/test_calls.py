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


def test_options_of_the_command_line_are_arguments():
    assert amalgam.errors.as_arguments("With --rows 40, or --like KEY") == "With rows=40, or like= KEY"  # fmt: skip


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


def batches():
    return torch.utils.data.DataLoader(list(zip(X, Y, strict=True)))


EARLY = {
    "a key that is there": ({"key": "there"}, "there: is already there, and is never overwritten"),
    "a job that is there": ({"job": "there"}, "there: is already there, and is never overwritten"),
    "no folder for the key": ({"key": "nowhere/key"}, "is not a folder, so nothing can be written there"),
    "a seed": ({"seed": "5eed"}, "64 hexadecimal digits"),
    "a generator": ({"noise": "perlin"}, "noise=: 'perlin' does not exist"),
    "noise of no file": ({"noise": "copula:none.npz", "decoys": 0}, "none.npz: cannot be opened: there is no such file"),
    "an old key": ({"like": "none.key"}, "none.key"),
    "a setting": ({"recipe": amalgam.Recipe(momentun=0.9)}, "did you mean 'momentum'"),
    "a setting of a guest": ({"decoys": [amalgam.Task(None, None, (X, Y), recipe=amalgam.Recipe(lrr=0.1))]}, "did you mean 'lr'"),
    "a guest's file": ({"decoys": [amalgam.Task(None, None, "none.npz")]}, "none.npz: cannot be opened: there is no such file"),
    "a guest's model": ({"decoys": [amalgam.Task("none.pt2", None, (X, Y))]}, "none.pt2"),
    "validation in a file": ({"validation": "none.npz"}, "none.npz: cannot be opened: there is no such file"),
    "a guest's loader": ({"decoys": [amalgam.Task(None, None, batches())]}, "is a DataLoader"),
    "a guest without examples": ({"decoys": [amalgam.Task(net(), None, (X, Y))]}, "example_inputs are missing"),
}  # fmt: skip


@pytest.fixture
def no_export(monkeypatch):
    """What can be told without it must be told before."""

    def exported(*_):
        raise AssertionError("exported")

    monkeypatch.setattr("amalgam.tasks.Exported", exported)


@pytest.mark.parametrize("kind", EARLY)
def test_what_costs_nothing_is_checked_before_the_export(tmp_path, monkeypatch, no_export, kind):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("")
    options, says = EARLY[kind]
    with pytest.raises(amalgam.Error) as found:
        amalgam.obfuscate(net(), EXAMPLE, (X, Y), progress=False, **options)
    assert says in str(found.value)
    assert os.listdir(tmp_path) == ["there"]


def test_verify_checks_before_the_export_too(untrained, tmp_path, no_export):
    job, key = untrained[0].parent, untrained[1]
    given = {"job": job, "key": key, "passphrase": "secret", "plain": tmp_path}
    for change, says in (({}, "is already there"), ({"passphrase": "other"}, "passphrase"), ({"job": tmp_path}, str(tmp_path))):  # fmt: skip
        with pytest.raises(amalgam.Error) as found:
            amalgam.verify(net(), EXAMPLE, (X, Y), **{**given, **change})
        assert says in str(found.value)


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
