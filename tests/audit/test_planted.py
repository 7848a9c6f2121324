"""The audit is audited: it names what is planted, and fails no fair job."""

import json
import warnings

import pytest
from audits import kinds
from conftest import ROOT
from planted import load, report_of

PLANTED, FAIR = load()
QUICK = 12  # of the tells; the others are looked at in make test-full
FULL = pytest.mark.full


def some(plants, count):
    params = []
    for n, plant in enumerate(plants):
        marks = [] if n < count else [FULL]
        marks += [pytest.mark.xfail(reason="not named yet")] if plant.missed else []
        params.append(pytest.param(plant, id=plant.name, marks=marks))
    return params


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("plant", some(PLANTED, QUICK))
def test_what_is_planted_is_named(tmp_path, plant):
    report = report_of(plant, tmp_path)
    assert report["verdict"] == "fail"
    assert set(kinds(report)) & set(plant.kinds), json.dumps(report["hard_failures"])


@pytest.mark.parametrize("plant", some(FAIR, 4))
def test_a_fair_job_does_not_fail(tmp_path, plant):
    report = report_of(plant, tmp_path)
    assert report["verdict"] != "fail", (report["reason"], kinds(report))


def test_the_documentation_lists_all():
    table = (ROOT / "docs/audit.md").read_text().split("<!-- planted -->")[1]
    table = table.split("<!-- planted, end -->")[0]
    listed = [line.split(" | ")[0][2:] for line in table.splitlines() if line.startswith("| ")]  # fmt: skip
    assert listed[2:] == [p.what for p in PLANTED] + [f"fair: {p.what}" for p in FAIR]
    assert sum(not plant.missed for plant in PLANTED) >= 40
    assert len(FAIR) >= 12
    assert sum(plant.late for plant in PLANTED) >= 10
