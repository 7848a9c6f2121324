"""Guests are scaled where only a part of the wanted columns is, or of the rows, or all rows before they were split."""

import numpy
import pytest
import scipy.stats
from audits import FEW, audit
from conftest import Job, shards
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
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

HELD_OUT = 300
SCALERS = {
    "standard": StandardScaler,
    "range": MinMaxScaler,
    "largest": MaxAbsScaler,
    "robust": RobustScaler,
    "ranks": lambda: QuantileTransformer(n_quantiles=300),
    "normal ranks": lambda: QuantileTransformer(
        n_quantiles=300, output_distribution="normal"
    ),
}


def scaled(scaler, x):
    return scaler().fit_transform(x.astype(numpy.float64)).astype(numpy.float32)


def split(name, x):
    """The last rows are held out."""
    task = table(name, x[:-HELD_OUT])
    task.validation = x[-HELD_OUT:], numpy.arange(HELD_OUT) % 4
    return task


def exact(name, x):
    """By how much columns are off what the scaler makes of them."""
    x = x.astype(numpy.float64)
    if name == "standard":
        return max(abs(x.mean(0)).max(), abs(x.std(0) - 1).max())
    if name == "range":
        return max(abs(x.min(0)).max(), abs(x.max(0) - 1).max())
    if name == "largest":
        return abs(abs(x).max(0) - 1).max()
    if "ranks" in name:
        ranks = x if name == "ranks" else scipy.stats.norm.cdf(x)
        even = numpy.linspace(0, 1, len(x))[:, None]
        ends = max(abs(ranks.min(0)).max(), abs(ranks.max(0) - 1).max())
        return max(0, abs(numpy.sort(ranks, axis=0) - even).max() - 4e-3) + max(
            0, ends - 1e-6
        )
    low, middle, high = numpy.percentile(x, (25, 50, 75), axis=0)
    return max(abs(middle).max(), abs(high - low - 1).max())


def both(job, task):
    """Training and held-out rows of the wanted stream and of the guest's."""
    return list(zip(columns(job, task), columns(job, task, split="valid"), strict=True))


@pytest.mark.parametrize("own_validation", [True, False])
@pytest.mark.parametrize("name", SCALERS)
def test_rows_that_were_scaled_before_they_were_split(tmp_path, name, own_validation):
    task = split("mine", scaled(SCALERS[name], raw(1)))
    guest = split("guest", raw(2)) if own_validation else table("guest", raw(2))
    job = Job(tmp_path, [task], RECIPE, [guest])
    assert "of training and held-out rows together" in job.output
    for training, held_out in both(job, task):
        assert len(training) == ROWS - HELD_OUT and len(held_out) == HELD_OUT
        assert exact(name, numpy.vstack([training, held_out])) < 1e-5
        assert exact(name, training) > 1e-4
    no_column_tells(job)


@pytest.mark.parametrize("name", SCALERS)
def test_held_out_rows_that_were_scaled_as_training_rows_were(tmp_path, name):
    """What a scaler that was fitted on training rows makes of others is exact in none of them."""
    x = raw(1).astype(numpy.float64)
    scaler = SCALERS[name]().fit(x[:-HELD_OUT])
    task = split("mine", scaler.transform(x).astype(numpy.float32))
    job = Job(tmp_path, [task], RECIPE, [split("guest", raw(2))])
    assert "held-out rows" not in job.output.replace("The held-out rows", "")
    for training, held_out in both(job, task):
        assert exact(name, training) < 1e-5
        assert exact(name, held_out) > 1e-3
    no_column_tells(job)


@pytest.mark.parametrize("name", SCALERS)
def test_held_out_rows_that_were_scaled_by_themselves(tmp_path, name):
    x = raw(1)
    parts = [scaled(SCALERS[name], part) for part in (x[:-HELD_OUT], x[-HELD_OUT:])]
    job = Job(tmp_path, [task := split("mine", numpy.vstack(parts))], RECIPE, [split("guest", raw(2))])  # fmt: skip
    assert ", of held-out rows, which those of a wanted task have" in job.output
    for training, held_out in both(job, task):
        assert exact(name, training) < 1e-5 and exact(name, held_out) < 1e-5
    no_column_tells(job)


@pytest.mark.parametrize("alone", [False, True])
def test_the_audit_names_what_a_decoy_lacks(tmp_path, alone):
    """Made-up rows are not scaled."""
    x = raw(1)
    parts = [x[:-HELD_OUT], x[-HELD_OUT:]]
    x = numpy.vstack([parts[0], scaled(StandardScaler, parts[1])]) if alone else scaled(StandardScaler, x)  # fmt: skip
    job = Job(tmp_path, [split("mine", x)], RECIPE, options=["--decoys", "1"])
    report = audit(job.path, job.key, *FEW)
    found = [f["what"] for f in report["hard_failures"] if f["kind"] == "exact columns"]
    which = "in held-out rows" if alone else "in training and held-out rows together"
    assert len(found) == 1 and which in found[0], report["hard_failures"]


def test_columns_that_are_scaled_in_different_ways(tmp_path):
    """As scikit-learn's ColumnTransformer makes them."""
    x, other = (numpy.hstack([raw(seed), raw(seed + 2)]) for seed in (1, 2))
    for first, name in enumerate(SCALERS):
        x[:, 3 * first : 3 * first + 3] = scaled(SCALERS[name], x[:, 3 * first : 3 * first + 3])  # fmt: skip
    job = Job(tmp_path, [task := table("mine", x)], RECIPE, [table("guest", other)])
    for own in columns(job, task):
        for first, name in enumerate(SCALERS):
            assert exact(name, own[:, 3 * first : 3 * first + 3]) < 1e-5, name
    found, wished = of_the_guest(job, task, other)
    assert (found[:, 18:] == wished[:, 18:]).all()
    no_column_tells(job)


@pytest.mark.parametrize("name", SCALERS)
def test_one_column_of_many(tmp_path, name):
    x = raw(1)
    x[:, [4]] = scaled(SCALERS[name], x[:, [4]])
    job = Job(tmp_path, [task := table("mine", x)], RECIPE, [table("guest", raw(2))])
    found, wished = of_the_guest(job, task, raw(2))
    assert exact(name, found[:, [4]]) < 1e-5
    others = numpy.delete(numpy.arange(COLUMNS), 4)
    assert (found[:, others] == wished[:, others]).all()
    no_column_tells(job)


def test_a_guest_of_another_width_has_as_large_a_part_of_its_columns_scaled(tmp_path):
    def one_hot(seed, columns):
        return numpy.eye(columns, dtype=numpy.float32)[numpy.random.default_rng(seed).integers(0, columns, ROWS)]  # fmt: skip

    x = raw(1)
    x[:, :8] = scaled(StandardScaler, x[:, :8])
    task = table("mine", numpy.hstack([x, one_hot(3, 5)]))
    guest = table("guest", numpy.hstack([raw(2)[:, :10], one_hot(4, 3)]))
    job = Job(tmp_path, [task], RECIPE, [guest])
    found, wished = of_the_guest(job, task, guest.x)
    assert exact("standard", found[:, :5]) < 1e-5
    assert (found[:, 5:] == wished[:, 5:]).all()


@pytest.mark.parametrize("values", [(0, 0.5, 1), tuple(numpy.arange(11) / 10), tuple(numpy.arange(256) / 255)])  # fmt: skip
def test_numbers_that_end_at_0_and_1_by_themselves_are_no_scalers(tmp_path, values):
    def ratings(seed):
        drawn = numpy.random.default_rng(seed).choice(numpy.float32(values), (ROWS, 3))
        return numpy.hstack([raw(seed), drawn])

    x = numpy.hstack([raw(2), raw(3)[:, :3]])
    job = Job(tmp_path, [task := table("mine", ratings(1))], RECIPE, [table("guest", x)])  # fmt: skip
    found, wished = of_the_guest(job, task, x)
    assert (found == wished).all()


def test_guests_follow_several_wanted_tasks_in_turn(tmp_path):
    """One that follows all others would leave a wanted task alone with its scaler."""
    wanted = [table(name, scaled(SCALERS[name], raw(n))) for n, name in enumerate(("standard", "range"))]  # fmt: skip
    guests = [table(f"guest{n}", raw(n + 2)) for n in range(2)]
    job = Job(tmp_path, wanted, RECIPE, guests)
    tensor = shards(job.path, "train")["x.float32"]
    streams = [
        tensor[:, s["positions"][0]].numpy().astype(float)
        for s in job.plan()["streams"]
    ]
    for name in ("standard", "range"):
        assert sum(exact(name, x) < 1e-5 for x in streams) == 2
    no_column_tells(job)


@pytest.mark.parametrize("kept", [0.2, 0.9])
def test_rows_that_were_scaled_beside_others_that_stayed_at_home(tmp_path, kept):
    """Nothing is exact, but means are near 0 and deviations near 1, which no raw guest's are."""
    rows = numpy.random.default_rng(5).integers(0, ROWS, int(ROWS * kept))
    x = numpy.vstack([raw(1), raw(1)[rows]])
    task = table("mine", scaled(StandardScaler, x)[:ROWS])
    job = Job(tmp_path, [task], RECIPE, [table("guest", raw(2))])
    means, deviations = zip(*((x.mean(0), x.std(0) - 1) for x in columns(job, task)), strict=True)  # fmt: skip
    for own, other in (means, deviations):
        assert abs(own).max() > 1e-4 and abs(other).max() < 8 * abs(own).max()
    assert abs(means[1]).max() > 1e-4
    assert "to means near 0 and deviations near 1 in columns" in job.output
    no_column_tells(job)


@pytest.mark.parametrize("first", [numpy.float64, numpy.float32])
@pytest.mark.parametrize("name", ["standard", "range", "largest", "robust"])
def test_decimals_are_rounded_as_often(tmp_path, name, first):
    """Prices that were scaled in float64 are rounded once; of float32, in which a guest's are given, twice."""
    mine, other = (
        numpy.random.default_rng(n).normal(40, 9, (ROWS, COLUMNS)).round(1)
        for n in (1, 2)
    )
    task = table("mine", scaled(SCALERS[name], mine.astype(first)))
    guest = table("guest", other.astype(numpy.float32))
    job = Job(tmp_path, [task], RECIPE, [guest])
    found, wished = of_the_guest(job, task, scaled(SCALERS[name], other.astype(first)))
    assert (found.view(numpy.uint32) == wished.view(numpy.uint32)).mean() > 0.99
    no_column_tells(job)
