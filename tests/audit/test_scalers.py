"""Guests are scaled as the wanted columns are: in the same places, and in the same arithmetic."""

import numpy
import pytest
import torch
from audits import FEW, audit, kinds
from conftest import Job
from scaled_tables import (
    COLUMNS,
    RECIPE,
    ROWS,
    columns,
    no_column_tells,
    of_the_guest,
    raw,
    table,
)
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler
from torch import nn


def torch_scaler(less=1, eps=0.0):
    def scaled(x):
        x = torch.from_numpy(x)
        return ((x - x.mean(0)) / (x.std(0, correction=less) + eps)).numpy()

    return scaled


def in_float64(scaler):
    return lambda x: scaler(x.astype(numpy.float64)).astype(numpy.float32)


STANDARD = {
    "scikit-learn, float32": lambda x: StandardScaler().fit_transform(x),
    "scikit-learn, float64": in_float64(lambda x: StandardScaler().fit_transform(x)),
    "numpy, float32": lambda x: (x - x.mean(0)) / x.std(0),
    "torch": torch_scaler(),
    "torch, divided by all": torch_scaler(0),
    "torch, with an epsilon": torch_scaler(eps=1e-5),
}
RANGES = {
    "scikit-learn, float32": (0, lambda x: MinMaxScaler().fit_transform(x)),
    "scikit-learn, float64": (0, in_float64(lambda x: MinMaxScaler().fit_transform(x))),
    "scikit-learn, from -1": (-1, lambda x: MinMaxScaler((-1, 1)).fit_transform(x)),
    "numpy, float32": (0, lambda x: (x - x.min(0)) / (x.max(0) - x.min(0))),
}


@pytest.mark.parametrize("name", STANDARD)
def test_a_guest_is_what_the_same_scaler_makes_of_it(tmp_path, name):
    scaler = STANDARD[name]
    task = table("mine", scaler(raw(1)))
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    found, wished = of_the_guest(job, task, scaler(raw(2)))
    same = (found.view(numpy.uint32) == wished.view(numpy.uint32)).mean()
    # Torch's own sums are off by a bit in some columns.
    assert same > (0.3 if "torch" in name else 0.99)
    assert numpy.allclose(found, wished, rtol=1e-5, atol=1e-5)
    no_column_tells(job)


@pytest.mark.parametrize("name", ["torch", "numpy, float32"])
def test_a_guest_that_was_scaled_before(tmp_path, name):
    """Float32 would leave nothing of means that are 0 already."""
    task = table("mine", STANDARD[name](raw(1)))
    guest = table("guest", STANDARD["scikit-learn, float64"](raw(2)))
    job = Job(tmp_path, [task], RECIPE, [guest])
    own, other = (abs(x.astype(numpy.float64).mean(0)) for x in columns(job, task))
    assert 0.02 < numpy.median(other) / numpy.median(own) < 50
    assert numpy.median(other) > 1e-8
    no_column_tells(job)


@pytest.mark.parametrize("least, scaler", RANGES.values(), ids=RANGES)
def test_ends_and_last_bits_are_alike(tmp_path, least, scaler):
    task = table("mine", scaler(raw(1)))
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    found, wished = of_the_guest(job, task, scaler(raw(2)))
    assert (found.view(numpy.uint32) == wished.view(numpy.uint32)).mean() > 0.7
    odd = []
    for x in columns(job, task):
        assert abs(x.min(0) - least).max() < 4e-6 and abs(x.max(0) - 1).max() < 4e-6
        odd.append((x.view(numpy.uint32) & 1).mean())
    assert abs(odd[0] - odd[1]) < (0.15 if min(odd) < 0.45 else 0.02)
    no_column_tells(job)


def test_a_largest_absolute_value_of_all(tmp_path):
    task = table("mine", raw(1) / abs(raw(1)).max())
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    assert [abs(x).max() for x in columns(job, task)] == [1, 1]


@pytest.mark.parametrize("in_float32", [True, False])
def test_rows_of_norm_1(tmp_path, in_float32):
    """As embeddings often are."""
    x = torch.from_numpy(raw(1))
    x = x if in_float32 else x.double()
    task = table("mine", nn.functional.normalize(x).float().numpy())
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    off = [numpy.linalg.norm(x.astype(numpy.float64), axis=1) - 1 for x in columns(job, task)]  # fmt: skip
    assert max(abs(off[0]).max(), abs(off[1]).max()) < 1e-6
    assert 0.5 < off[0].std() / off[1].std() < 2
    assert all((o.std() > 1.4e-8) == in_float32 for o in off)
    assert "were scaled to a norm of 1" in job.output
    report = audit(job.path, job.key, *FEW)
    assert "special" not in kinds(report), report["hard_failures"]


def test_largest_absolute_values(tmp_path):
    task = table("mine", MaxAbsScaler().fit_transform(raw(1)))
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    for x in columns(job, task):
        assert (abs(x).max(0) == 1).all()
        assert (x.min(0) > -1).any() and (x.max(0) < 1).any()
    no_column_tells(job)


def test_centred_columns(tmp_path):
    x = raw(1)
    task = table("mine", x - x.mean(0))
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    found, wished = of_the_guest(job, task, raw(2) - raw(2).mean(0))
    assert (found.view(numpy.uint32) == wished.view(numpy.uint32)).mean() > 0.99
    no_column_tells(job)


def test_columns_of_categories_stay(tmp_path):
    def one_hot(seed):
        return numpy.eye(5, dtype=numpy.float32)[numpy.random.default_rng(seed).integers(0, 5, ROWS)]  # fmt: skip

    scaled = STANDARD["scikit-learn, float64"](raw(1))
    task = table("mine", numpy.hstack([scaled, one_hot(3)]))
    guest = table("guest", numpy.hstack([raw(2), one_hot(4)]))
    job = Job(tmp_path, [task], RECIPE, [guest])
    _, x = columns(job, task)
    assert set(x[:, COLUMNS:].ravel()) == {0, 1}
    assert abs(x[:, :COLUMNS].mean(0)).max() < 1e-6
    assert "to a mean of exactly 0 and a deviation of 1 in columns" in job.output
    no_column_tells(job)


def test_some_columns_of_many(tmp_path):
    mine = raw(1)
    mine[:, 3:9] = STANDARD["scikit-learn, float64"](mine[:, 3:9])
    task = table("mine", mine)
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    _, x = columns(job, task)
    exact = abs(x.astype(numpy.float64).mean(0)) < 1e-6
    assert exact[3:9].all() and not exact[:3].any() and not exact[9:].any()
    no_column_tells(job)


def test_columns_far_from_0_are_scaled_too(tmp_path):
    """Their means are off by more, in float32."""

    def with_years(seed):
        x = raw(seed)
        x[:, 2] = numpy.random.default_rng(seed).normal(59.3, 0.02, ROWS)
        return x

    scaler = STANDARD["numpy, float32"]
    task = table("mine", scaler(with_years(1)))
    job = Job(tmp_path, [task], RECIPE, [table("guest", with_years(2))])
    found, wished = of_the_guest(job, task, scaler(with_years(2)))
    assert (found.view(numpy.uint32) == wished.view(numpy.uint32)).mean() > 0.99


def test_constants_become_what_scalers_make_of_them(tmp_path):
    def with_constant(seed, column):
        x = raw(seed)
        x[:, column] = 7
        return x

    for n, scaler in enumerate((STANDARD["numpy, float32"], RANGES["scikit-learn, from -1"][1], MaxAbsScaler().fit_transform)):  # fmt: skip
        mine = with_constant(1, 3)
        x = (
            scaler(mine)
            if n
            else (mine - mine.mean(0)) / numpy.maximum(mine.std(0), 1e-3)
        )
        task = table("mine", x.astype(numpy.float32))
        job = Job(
            tmp_path / str(n), [task], RECIPE, [table("guest", with_constant(2, 5))]
        )
        own, guest = columns(job, task)
        assert guest[:, 5].min() == guest[:, 5].max() == own[0, 3]
        assert abs(guest[:, 3]).max() < 6


def test_held_out_rows_are_scaled_with_the_others(tmp_path):
    """As those of a wanted task are that has no validation data."""
    task = table("mine", STANDARD["scikit-learn, float64"](raw(1)))
    guest = table("guest", raw(2))
    guest.validation = (raw(3)[:200], guest.y[:200])
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert "The validation data of" in job.output
    held_out = columns(job, task, split="valid")
    for x, rest in zip(columns(job, task), held_out, strict=True):
        assert len(rest) == 200
        assert abs(numpy.vstack([x, rest]).astype(numpy.float64).mean(0)).max() < 1e-6


def test_targets_of_another_loss_or_role_stay(tmp_path):
    """Probabilities are no numbers to scale, and no target is a row of a feature."""
    recipe = RECIPE.replace("[train]\n", '[train]\nloss = "mse"\n')
    random = numpy.random.default_rng(1)
    scaled = STANDARD["scikit-learn, float64"](random.gamma(2, 3, (ROWS, 2)).astype(numpy.float32))  # fmt: skip
    chances = random.random((ROWS, 2), numpy.float32)
    task = table("mine", raw(1), scaled, 2)
    guest = table("guest", raw(2), chances, 2)
    guest.table = '[here.train]\nloss = "bce_with_logits"\n'
    job = Job(tmp_path, [task], recipe, [guest])
    _, found = columns(job, task, "y.float32")
    rows = job.plan()["streams"][1 - job.subnetwork(task)]["rows"]
    assert found.tobytes() == chances[rows][:, 0].tobytes()


def test_targets_of_real_numbers(tmp_path):
    def target(seed):
        return numpy.random.default_rng(seed).gamma(2, 3, (ROWS, 1)).astype(numpy.float32)  # fmt: skip

    scaled = STANDARD["scikit-learn, float64"](target(1))
    recipe = RECIPE.replace("[train]\n", '[train]\nloss = "mse"\n')
    task = table("mine", raw(1), scaled, 1)
    job = Job(tmp_path, [task], recipe, [table("guest", raw(2), target(2), 1)])
    own, guest = columns(job, task, "y.float32")
    assert own.tobytes() == scaled[job.stream(task)["rows"]].tobytes()
    assert abs(guest.astype(numpy.float64).mean()) < 1e-6
    assert abs(guest.astype(numpy.float64).std() - 1) < 1e-6
    assert "The targets of" in job.output
    no_column_tells(job)
