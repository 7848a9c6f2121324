"""Guests have what a scaler of single rows left in the wanted ones, and the audit names it where decoys lack it."""

import numpy
import pytest
import torch
from audits import FEW, audit, kinds
from conftest import Job, Task
from sklearn.preprocessing import Normalizer
from test_scalers import RECIPE, columns, in_float64, of_the_guest, raw, table
from torch import nn

ROWS, SIDE = 600, 8


def standardised(x, axis=1, less=0, eps=0.0):
    x = x - x.mean(axis, keepdims=True)
    return x / (x.std(axis, keepdims=True, ddof=less) + numpy.float32(eps))


def ranged(x, axis=1):
    least, most = x.min(axis, keepdims=True), x.max(axis, keepdims=True)
    return (x - least) / (most - least)


def both_ways(x):
    return 2 * ranged(x) - 1


def shares(x):
    return Normalizer("l1").fit_transform(x)


# What is said of guests, the scaler, and how many of a guest's numbers are its to the last bit.
SCALERS = {
    "scikit-learn, max": ("a largest absolute value of 1", Normalizer("max").fit_transform, 0.99),
    "peaks": ("a largest absolute value of 1", lambda x: x / abs(x).max(1, keepdims=True), 0.99),
    "scikit-learn, l1": ("absolute values that sum to 1", shares, 0.99),
    "l1 in float64": ("absolute values that sum to 1", in_float64(shares), 0.99),
    "softmax": ("absolute values that sum to 1", lambda x: torch.softmax(torch.from_numpy(x) / 20, 1).numpy(), 0),
    "z-scores": ("a mean of 0 and a deviation of 1", standardised, 0.9),
    "z-scores in float64": ("a mean of 0 and a deviation of 1", in_float64(standardised), 0.99),
    "z-scores of n - 1": ("a mean of 0 and a deviation of 1", lambda x: standardised(x, less=1), 0.9),
    "z-scores, epsilon": ("a mean of 0 and a deviation of 1", lambda x: standardised(x, eps=1e-4), 0),
    "ranges": ("extremes of 0 and 1", ranged, 0.6),
    "ranges in float64": ("extremes of 0 and 1", in_float64(ranged), 0.99),
    "ranges from -1": ("extremes of -1 and 1", both_ways, 0.99),
    "ranges from -1 in float64": ("extremes of -1 and 1", in_float64(both_ways), 0.99),
}  # fmt: skip


def named(job):
    return "exact rows" in kinds(audit(job.path, job.key, *FEW))


@pytest.mark.parametrize("name", SCALERS)
def test_a_guest_is_what_the_same_scaler_makes_of_it(tmp_path, name):
    what, scaler, share = SCALERS[name]
    task = table("mine", scaler(raw(1)))
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    assert f"were scaled to {what}, which" in job.output
    found, wished = of_the_guest(job, task, scaler(raw(2)))
    assert (found.view(numpy.uint32) == wished.view(numpy.uint32)).mean() >= share
    if name != "softmax":
        assert numpy.allclose(found, wished, rtol=1e-5, atol=1e-5)
    assert not named(job)


@pytest.mark.parametrize("name", ["peaks", "softmax", "z-scores", "ranges from -1"])
def test_the_audit_names_it_beside_noise(tmp_path, name):
    what, scaler, _ = SCALERS[name]
    task = table("mine", scaler(raw(1)))
    job = Job(tmp_path, [task], RECIPE, options=("--decoys", 1))
    assert f"Each row of the features of 'mine' has {what}, and those of generated decoys have not" in " ".join(job.output.split())  # fmt: skip
    found = [f for f in audit(job.path, job.key, *FEW)["hard_failures"] if f["kind"] == "exact rows"]  # fmt: skip
    assert [f["subnetworks"] for f in found] == [[job.subnetwork(task)]]
    assert found[0]["what"].startswith("all rows of sub-network")


def pictures(name, seed, change=None):
    """Float32, of three channels of their own brightness."""
    random = numpy.random.default_rng(seed)
    x = random.gamma(2, 1, (ROWS, 3, SIDE, SIDE)) * random.lognormal(size=(ROWS, 3, 1, 1))  # fmt: skip
    x = x.astype(numpy.float32)
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4))
    return Task(name, net, change(x) if change else x, random.integers(0, 4, ROWS))


@pytest.mark.parametrize("change", [standardised, ranged])
@pytest.mark.parametrize("axis", [(1, 2, 3), (2, 3)])
def test_images_of_channels(tmp_path, change, axis):
    def scaler(x):
        return change(x, axis).astype(numpy.float32)

    task, guest = pictures("mine", 1, scaler), pictures("guest", 2)
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert (" in each channel" in job.output) == (len(axis) == 2)
    found, wished = of_the_guest(job, task, scaler(guest.x).reshape(ROWS, -1))
    assert numpy.allclose(found, wished, rtol=1e-5, atol=1e-5)
    assert not named(job)


def test_channels_beside_noise(tmp_path):
    task = pictures("mine", 1, lambda x: ranged(x, (2, 3)))
    job = Job(tmp_path, [task], RECIPE, options=("--decoys", 1))
    found = [f["what"] for f in audit(job.path, job.key, *FEW)["hard_failures"] if f["kind"] == "exact rows"]  # fmt: skip
    assert len(found) == 1 and "extremes of exactly 0 and 1 in each channel" in found[0]


def test_held_out_rows_too(tmp_path):
    tasks = [table("mine", ranged(raw(1))), table("guest", raw(2))]
    for seed, task in zip((3, 4), tasks, strict=True):
        x = raw(seed)[:200]
        task.validation = (ranged(x) if task.name == "mine" else x, task.y[:200])
    job = Job(tmp_path, tasks[:1], RECIPE, tasks[1:])
    for x in columns(job, tasks[0], split="valid"):
        assert len(x) == 200
        assert (x.min(1) == 0).all() and (x.max(1) == 1).all()


def test_zeros_and_constants(tmp_path):
    x = raw(2)
    x[7], x[8] = 0, 5
    for n, (scaler, wished) in enumerate([(standardised, (0, 0)), (ranged, (0, 0)), (both_ways, (-1, -1)), (Normalizer("max").fit_transform, (0, 1))]):  # fmt: skip
        task = table("mine", scaler(raw(1)))
        job = Job(tmp_path / str(n), [task], RECIPE, [table("guest", x)])
        rows = job.plan()["streams"][1 - job.subnetwork(task)]["rows"]
        found = columns(job, task)[1][numpy.argsort(rows)]
        for row, value in zip(found[7:9], wished, strict=True):
            assert (row == value).all()
        assert numpy.isfinite(found).all()


def is_untouched(job, task, guest):
    found, own = of_the_guest(job, task, guest.x)
    return found.tobytes() == own.tobytes() and "were scaled to" not in job.output


def test_raw_numbers_stay(tmp_path):
    task, guest = table("mine", raw(1)), table("guest", raw(2))
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert is_untouched(job, task, guest)
    assert not named(job)


def test_bytes_are_no_scaler_s(tmp_path):
    """Though the brightest of each row is 255, and beside rows that are darker."""
    x = numpy.random.default_rng(1).integers(1, 256, (2000, 16)).astype(numpy.float32)
    x[numpy.arange(2000), numpy.arange(2000) % 16] = 255
    task, guest = table("mine", x / 255), table("guest", raw(2) % 0.7)
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert is_untouched(job, task, guest)
    assert not named(job)


def test_categories_beside_numbers_are_no_scaler_s(tmp_path):
    """They end at 0 and 1 in each row."""
    x = raw(1) / 200
    x[:, :5] = numpy.eye(5)[numpy.random.default_rng(1).integers(0, 5, 2000)]
    task, guest = table("mine", x), table("guest", raw(2))
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert is_untouched(job, task, guest)
    assert not named(job)


def test_categories_are_no_scaler_s(tmp_path):
    """Rows that are one of 16 have a norm, a sum and extremes of their own."""
    one_hot = numpy.eye(16, dtype=numpy.float32)[numpy.random.default_rng(1).integers(0, 16, 2000)]  # fmt: skip
    task, guest = table("mine", one_hot), table("guest", raw(2))
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert "Rows of the features" not in job.output
    assert not named(job)
