"""Questions of the same rows: what an attacker finds of them, and what the report says."""

import collections

import numpy
import pandas
import pytest
import torch
from audits import FEW, audit, kinds
from command_lines import obfuscate_call
from conftest import plan_of, run
from example_models import export_once
from torch import nn

FEATURES = [f"f{i}" for i in range(8)]
QUESTIONS = {"churn": 2, "plan": 3, "region": 4, "visits": 5}


def customers(rows, seed):
    """Twelve columns of one population; each question is answered by some of the features."""
    random = numpy.random.default_rng(seed)
    table = pandas.DataFrame(random.normal(0, 1, (rows, 8)) @ random.normal(0, 1, (8, 8)), columns=FEATURES)  # fmt: skip
    for number, (name, classes) in enumerate(QUESTIONS.items()):
        score = table.iloc[:, number] + table.iloc[:, 7 - number] ** 2 / 4
        table[name] = pandas.qcut(score + random.normal(0, 1, rows), classes, labels=False)  # fmt: skip
    return table.round(3)


def write_job(folder, wanted, seed, rows=600):
    """Half of a table in a job whose owner wants one of four answers; the other half is what a cloud knows."""
    folder.mkdir(exist_ok=True)
    table = customers(2 * rows, seed)
    table[:rows].to_csv(folder / "table.csv", index=False)
    table[rows:][FEATURES].to_csv(folder / "known.csv", index=False)
    recipe = f'[train]\nlr = 0.05\nbatch_size = 32\n[data]\ntargets = "{wanted}"\n[table]\n'  # fmt: skip
    recipe += "".join(f'[[decoy]]\n[decoy.data]\ntargets = "{q}"\n' for q in QUESTIONS if q != wanted)  # fmt: skip
    (folder / "r.toml").write_text(recipe)
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, QUESTIONS[wanted]))
    export_once(model, (8,), folder / "m.pt2", torch.float32)
    run(*obfuscate_call(folder, "--seed", f"{seed + 1:064x}", data="table.csv"))


def found_by_prior(folder):
    report = audit(folder / "job", folder / "key", *FEW, "--prior", folder / "known.csv")  # fmt: skip
    (prior,) = report["priors"]
    return report, prior


def test_features_tell_nothing_and_the_report_lists_the_questions(tmp_path):
    write_job(tmp_path, "churn", 3)
    report, prior = found_by_prior(tmp_path)
    assert len({stream["auc"] for stream in prior["streams"]}) == 1
    assert 0.4 < prior["streams"][0]["auc"] < 0.6 and not prior["sure"]
    (note,) = (n for n in report["notes"] if n["kind"] == "same features")
    assert note["subnetworks"] == [0, 1, 2, 3]
    for text in ("2 classes", "3 classes", "4 classes", "5 classes"):
        assert text in note["what"], note
    assert not set(kinds(report)) & {"near copies", "shared values", "values", "repeats"}  # fmt: skip


def test_a_cloud_that_has_the_file_finds_all_alike(tmp_path):
    write_job(tmp_path, "plan", 4)
    report = audit(tmp_path / "job", tmp_path / "key", *FEW, "--public", tmp_path / "table.csv")  # fmt: skip
    (failure,) = (f for f in report["hard_failures"] if f["kind"] == "public data")
    assert "100.0 % of the rows of all sub-networks" in failure["what"]


@pytest.mark.full
def test_half_of_the_table_finds_the_question_by_chance_alone(tmp_path):
    """40 jobs: as often right as one in four is (binomial, p > .001), and never sure."""
    right, places = 0, collections.Counter()
    for seed in range(40):
        wanted = [*QUESTIONS][seed % 4]
        write_job(tmp_path / str(seed), wanted, seed)
        _, prior = found_by_prior(tmp_path / str(seed))
        assert not prior["sure"]
        right += prior["right"]
        (own,) = plan_of(tmp_path / str(seed) / "key")["wanted"].values()
        places[own["subnetwork"]] += 1
    assert 2 <= right <= 19, right
    assert min(places.values()) > 2
