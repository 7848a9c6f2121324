"""Real tables bend, and what is drawn of their correlations does not: told apart in games, where two halves of one table are not."""

import numpy
from audits import attack, audit, kinds
from conftest import Job
from planted import TABLES, task
from sklearn.datasets import load_breast_cancer

GAMES = ("--games", 256)


def parts(count):
    """Of 569 rows of 30 columns, dealt out."""
    data = load_breast_cancer()
    order = numpy.random.default_rng(0).permutation(len(data.data))
    rows = numpy.array_split(order, count)
    return [(data.data[r].astype(numpy.float32), data.target[r]) for r in rows]


def test_a_copula_has_no_bends(tmp_path):
    mine, (x, y) = parts(2)
    numpy.savez(tmp_path / "apart.npz", x=x, y=y)
    noise = ("--noise", f"copula:{tmp_path / 'apart.npz'}")
    job = Job(tmp_path, [task("mine", mine)], TABLES, options=noise)
    report = audit(job.path, job.key, *GAMES)
    found = attack(report, "bends")
    assert found["advantage"] > 0.9 and found["right"], found
    assert attack(report, "bends, naive")["advantage"] > 0.9


def test_halves_of_one_table_bend_alike(tmp_path):
    mine, other = parts(2)
    job = Job(tmp_path, [task("mine", mine)], TABLES, [task("guest", other)])
    report = audit(job.path, job.key, *GAMES)
    assert kinds(report) == []
    for name in ("bends", "bends, naive"):
        low, high = attack(report, name)["interval"]
        assert low < 0 < high, name
