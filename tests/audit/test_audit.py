"""The command: verdicts, what it writes, what it refuses; and rows of docs/audit.md on real data."""

import json
import math
import re
import shutil

import models
import numpy
import pytest
from audits import (
    FEW,
    SOME,
    TRAIN,
    attack,
    audit,
    halves,
    kinds,
    news,
    shown_by_a_browser,
)
from conftest import DATA, Job, Task, digests, make_task, refused, run
from damage import damaged, edited_json
from texts import LENGTH, NEWS_TEXT, ag_news, tokenizer_beside, write_csv


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    return Job(folder, [make_task("task", "LeNet5", 320)], TRAIN)


def test_a_generated_decoy_fails(generated):
    before = digests(generated.path)
    report = audit(generated.path, generated.key)
    assert report["verdict"] == "fail" and report["k_eff"] < 1.05
    strongest, baseline = report["attacks"][0], report["attacks"][-1]
    assert strongest["advantage"] > 0.9 and baseline["name"] == "clueless"
    assert abs(baseline["advantage"]) < 0.15
    assert len(strongest["hits"]) == report["games"]
    assert digests(generated.path) == before


def test_the_same_each_time(generated):
    one, two = (audit(generated.path, generated.key, *FEW) for _ in range(2))
    assert one == two


def test_own_tasks_hide_each_other(tmp_path):
    tasks = [make_task("one", "LeNet5", 320, seed=1), make_task("two", "LeNet5", 320, seed=2)]  # fmt: skip
    job = Job(tmp_path, tasks, TRAIN)
    assert audit(job.path, job.key)["verdict"] == "pass"


def test_own_tasks_may_differ_but_not_be_named(tmp_path):
    tasks = [make_task("digits", "LeNet5", 320, seed=1), make_task("letters", "LeNet5", 320, seed=2)]  # fmt: skip
    tasks[1].x = tasks[1].x // 4
    job = Job(tmp_path, tasks, TRAIN)
    report = audit(job.path, job.key)
    assert report["verdict"] == "pass" and "ranges" in kinds(report)
    (job.path / "digits.txt").write_text("")
    report = audit(job.path, job.key)
    assert report["verdict"] == "fail" and "secrets" in kinds(report)


def test_a_task_alone_fails(tmp_path):
    job = Job(tmp_path, [make_task("task", "LeNet5", 64)], TRAIN, options=("--decoys", 0))  # fmt: skip
    assert audit(job.path, job.key)["verdict"] == "fail"


def test_texts(tmp_path):
    recipe = "[train]\nlr = 0.05\n" + NEWS_TEXT
    for noise in ("unigram", "ngram"):
        folder = tmp_path / noise
        folder.mkdir()
        job = Job(folder, [news(folder, "task", "12")], recipe, options=("--noise", noise))  # fmt: skip
        report = audit(job.path, job.key, *FEW)
        assert report["verdict"] == "fail" and report["surrogates"] == "built-in text"
        assert report["attacks"][0]["advantage"] > 0.5
    job = Job(tmp_path, [news(tmp_path, "task", "12")], recipe, [news(tmp_path, "guest", "34")])  # fmt: skip
    report = audit(job.path, job.key, *SOME)
    assert report["verdict"] in ("pass", "inconclusive"), report["reason"]
    assert report["k_eff"] > 1.7


@pytest.mark.parametrize("disguise", ["none", "vocabulary"])
def test_texts_are_looked_up(tmp_path, disguise):
    recipe = "[train]\nlr = 0.05\n" + NEWS_TEXT
    wanted, guest = news(tmp_path, "task", "12"), news(tmp_path, "guest", "34")
    job = Job(tmp_path, [wanted], recipe, [guest], options=("--disguise", disguise))
    same = audit(job.path, job.key, *FEW, "--public", tmp_path / "task.csv")
    (failure,) = same["hard_failures"]
    assert failure["kind"] == "public data" and "runs of tokens" in failure["what"]
    assert failure["subnetworks"] == same["wanted"], failure
    rows = ag_news(7600)[6500:]
    write_csv(tmp_path / "other.csv", rows)
    other = audit(job.path, job.key, *FEW, "--public", tmp_path / "other.csv", "--surrogate", tmp_path / "other.csv")  # fmt: skip
    assert kinds(other) == [] and other["surrogates"] == str(tmp_path / "other.csv")
    if disguise == "none":
        assert other["numberings"] == []
        (tmp_path / f"{job.key.name}.task.tokenizer").unlink()
        refused("audit", "--job", job.path, "--key", job.key, "--public", tmp_path / "other.csv", says="tokenizer that cut the job's is not at")  # fmt: skip
        return
    # Frequencies of the very tokens number most of them back, but for ties; those of other texts few.
    cut = [tokenizer_beside(job.key).encode(" ".join(row[1:]))[:LENGTH] for row in ag_news(6000) if row[0] in "12"][:1000]  # fmt: skip
    tokens = numpy.array([row for row in cut if len(row) == LENGTH], numpy.int32)
    numpy.savez(tmp_path / "tokens.npz", x=tokens, y=numpy.zeros(len(tokens), numpy.int64))  # fmt: skip
    page = tmp_path / "audit.html"
    exact = audit(job.path, job.key, *FEW, "--public", tmp_path / "tokens.npz", "--report", page)  # fmt: skip
    share = round(100 * exact["numberings"][0]["share"])
    assert f"Vocabularies numbered back</h2><table><tr><td>sub-network {exact['wanted'][0]}</td><td>{share} % of its tokens" in page.read_text()  # fmt: skip
    assert exact["numberings"][0]["share"] > 0.3
    assert other["numberings"][0]["share"] < 0.1


def test_the_report_opens_in_a_browser(generated, tmp_path):
    page = tmp_path / "audit.html"
    report = tmp_path / "audit.json"
    result = run("audit", "--job", generated.path, "--key", generated.key, *FEW, "--report", page, "--json", report, check=False)  # fmt: skip
    assert result.returncode == 3, result.stderr
    shown = shown_by_a_browser(page, tmp_path / "profile")
    assert "fail" in shown and "<h2>What the cloud sees</h2>" in shown
    for line in json.loads(report.read_text())["attacks"]:
        assert line["name"] in shown
    # Nothing is loaded from anywhere: all that the page names is in it.
    text = page.read_text()
    named = re.findall(r"""(?:src|href|url)\s*[=(]\s*['"]?(.{5})""", text)
    assert "http" not in text and set(named) == {"data:"}
    assert shown.count("data:image") >= 2 and "@import" not in text


def test_the_paper_s_scheme_is_undone(tmp_path):
    task = halves(tmp_path)
    job = Job(tmp_path, [task], TRAIN, options=("--preset", "paper"))
    report = audit(job.path, job.key, *FEW)
    assert report["verdict"] == "fail" and "links" in kinds(report)
    assert attack(report, "variation")["advantage"] == 1
    assert report["restoration"]["exact"] and report["restoration"]["right"] == 784
    assert report["restoration"]["bits_left"] == pytest.approx(0, abs=1e-6)
    bits = math.log2(math.comb(report["restoration"]["columns"], 784))
    assert report["restoration"]["bits"] == pytest.approx(bits, rel=1e-6)


@pytest.mark.parametrize("noise", ["spectrum", "leaves", "gaussian"])
def test_generators_are_told_apart(tmp_path, noise):
    task = halves(tmp_path)
    job = Job(tmp_path, [task], TRAIN, options=("--noise", noise))
    report = audit(job.path, job.key, *SOME)
    assert report["verdict"] == "fail" and report["attacks"][0]["advantage"] > 0.9


def test_real_data_is_at_chance(tmp_path):
    task = halves(tmp_path)
    high = numpy.load(tmp_path / "high.npz")
    guest = Task("guest", models.LeNet5(classes=5), high["x"][:, None], high["y"])
    job = Job(tmp_path, [task], TRAIN, [guest])
    report = audit(job.path, job.key)
    assert report["verdict"] == "pass" and report["k_eff"] > 1.7, report["reason"]
    # MNIST is public, and who has it finds both.
    public = f"{DATA / 'mnist' / 't10k-images-idx3-ubyte.gz'},{DATA / 'mnist' / 't10k-labels-idx1-ubyte.gz'}"  # fmt: skip
    assert kinds(audit(job.path, job.key, *FEW, "--public", public)) == ["public data"]


@pytest.mark.full
def test_a_variant_on_real_data_is_at_chance(tmp_path):
    """No worse than a guest: all starts are drawn alike."""
    task = halves(tmp_path)
    variant = Job(tmp_path, [task], TRAIN, options=("--decoy", f"@{tmp_path / 'high.npz'}"))  # fmt: skip
    report = audit(variant.path, variant.key)
    assert report["verdict"] == "pass" and report["k_eff"] > 1.7, report["reason"]


def test_what_is_refused(generated, tmp_path):
    both = ("audit", "--job", generated.path, "--key", generated.key)
    other = Job(tmp_path / "other", [make_task("task", "LeNet5", 320)], TRAIN, seed="cd" * 32)  # fmt: skip
    refused("audit", "--job", other.path, "--key", generated.key, says="is not the job")
    refused("audit", "--job", tmp_path / "none", "--key", generated.key, says="job.json")  # fmt: skip
    refused(*both, "--report", generated.path / "a.html", status=2, says="inside the job")  # fmt: skip
    refused("audit", "--job", f"{generated.path}/", "--key", generated.key, "--report", generated.path / "a.html", status=2)  # fmt: skip
    refused(*both, "--json", generated.path / "a.json", status=2, says="inside the job")  # fmt: skip
    (tmp_path / "there.html").write_text("mine")
    refused(*both, "--report", tmp_path / "there.html", says="there.html")
    assert (tmp_path / "there.html").read_text() == "mine"
    numpy.savez(tmp_path / "text.npz", x=numpy.zeros((9, 12), numpy.int32), y=numpy.zeros(9, numpy.int64))  # fmt: skip
    refused(*both, "--surrogate", tmp_path / "text.npz", says="kind text")
    (tmp_path / "text.txt").write_text("some words\n" * 99)
    refused(*both, "--public", tmp_path / "text.txt", says="is text, but the job's samples are uint8 images of [1, 28, 28]; give samples of that kind")  # fmt: skip
    refused(*both, "--full", "--quick", status=2)
    (tmp_path / "bare").write_text(
        "#!/bin/sh\necho \"No module named 'captum'\"; exit 1\n"
    )
    (tmp_path / "bare").chmod(0o755)
    for option in (("--full",), ("--trained", generated.path / "weights.safetensors")):
        refused(*both, *option, "--python", tmp_path / "bare", says="amalgam[audit]")


def test_a_damaged_job_is_refused(generated, tmp_path):
    job = tmp_path / "job"
    shutil.copytree(generated.path, job)
    for change, says in (
        (lambda m: m["subnetworks"][0]["fields"][1].update(positions=[99]), "reads column 99"),
        (lambda m: m["shards"]["train"][0].update(file="../../etc/passwd"), "outside the job"),
        (lambda m: m["subnetworks"][0]["fields"][0].update(shape=[2, 28, 28]), "for 784 columns"),
        (lambda m: m.update(rows=7), "its shards have"),
        (lambda m: m["subnetworks"][0]["fields"][0].update(tensor="x.int4"), "int4"),
    ):  # fmt: skip
        damaged(generated.path / "job.json", edited_json(change), job / "job.json")
        refused("audit", "--job", job, "--key", generated.key, says=says)
