"""A cloud that knows what its customer does: which stream it takes for theirs, and what the verdict makes of it."""

import collections

import numpy
import pytest
from audits import FEW, SOME, audit
from conftest import Job, Task, refused, run
from PIL import Image
from priors import digits, image_job, known, news_job, photographs
from torch import nn


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return image_job(tmp_path_factory.mktemp("digits"), *digits(), seed=3)


def ranking(report):
    (found,) = report["priors"]
    aucs = [stream["auc"] for stream in found["streams"]]
    assert aucs == sorted(aucs)
    return found


def names_the_wanted_one(report):
    found = ranking(report)
    return found["sure"] and found["streams"][0]["subnetwork"] in report["wanted"]


def test_who_knows_the_kind_names_the_task(job, tmp_path):
    page = tmp_path / "audit.html"
    data = known(job, "wanted", 100)
    report = audit(job.path, job.key, *FEW, "--prior", data, "--report", page)
    assert names_the_wanted_one(report) and report["verdict"] == "fail"
    found = ranking(report)
    nearest, other = found["streams"]
    assert 0.4 < nearest["auc"] < 0.6 and nearest["interval"][0] < 0.5
    assert other["auc"] > 0.75 and found["samples"] == 100 and found["p"] < 1e-4
    assert str(data) in report["reason"]
    assert (
        report["headline"]
        == "A cloud that knows what you do can tell which data is yours"
    )
    assert report["headline"] in page.read_text()
    shown = run("audit", "--job", job.path, "--key", job.key, *FEW, "--prior", data, check=False)  # fmt: skip
    assert shown.returncode == 3
    first, why, command, *_ = shown.stdout.splitlines()
    assert first == f"fail: {report['headline']}"
    assert why == f"  why: {report['reason']}" and command.startswith("  next: amalgam obfuscate ")  # fmt: skip
    # The same each time.
    assert report == audit(job.path, job.key, *FEW, "--prior", data)


def test_who_knows_something_else_takes_the_decoy(job):
    """No failure; a note says it. With samples of both kinds, a cloud can't be sure."""
    without = audit(job.path, job.key, *SOME)
    decoys = audit(job.path, job.key, *SOME, "--prior", known(job, "guest", 100))
    assert ranking(decoys)["sure"] and not ranking(decoys)["right"]
    assert decoys["verdict"] == without["verdict"] != "fail"
    (note,) = (note for note in decoys["notes"] if note["kind"] == "prior")
    assert note["subnetworks"] == [ranking(decoys)["streams"][0]["subnetwork"]]
    both = [numpy.load(known(job, split, 60)) for split in ("wanted", "guest")]
    mixed = job.folder / "mixed.npz"
    numpy.savez(mixed, x=numpy.concatenate([d["x"] for d in both]), y=numpy.concatenate([d["y"] for d in both]))  # fmt: skip
    report = audit(job.path, job.key, *SOME, "--prior", mixed)
    assert not ranking(report)["sure"] and report["verdict"] == without["verdict"]
    # Either of several is enough.
    several = audit(job.path, job.key, *FEW, "--prior", mixed, "--prior", known(job, "wanted", 100))  # fmt: skip
    assert several["verdict"] == "fail" and len(several["priors"]) == 2


def test_a_pass_says_that_it_was_not_asked(job, tmp_path):
    page = tmp_path / "audit.html"
    report = audit(job.path, job.key, "--report", page)
    assert report["verdict"] == "pass" and report["priors"] == [], report["reason"]
    assert report["headline"].endswith(
        "; what a cloud that knows you would find was not tried"
    )
    assert report["headline"].startswith(("Our attackers did no better than guessing", "Our attackers did hardly better"))  # fmt: skip
    assert (
        report["command"]
        == f"amalgam audit --key {job.key} --job {job.path} --prior DATA"
    )
    text = page.read_text()
    assert report["headline"] in text and report["command"] in text
    for line in report["attacks"]:
        assert 0 <= line["surest"] <= 1 and line["surest_games"] >= report["games"] / 20


@pytest.mark.full
def test_a_pass_says_whom_a_cloud_would_take_for_the_owner(job):
    asked = audit(job.path, job.key, "--prior", known(job, "guest", 100))
    assert asked["verdict"] == "pass"
    assert asked["headline"].endswith("would take a decoy for yours")
    assert asked["command"].endswith(" --full")


def test_images_are_scaled_to_the_streams(job, tmp_path):
    wanted = numpy.load(known(job, "wanted", 40))
    folder = tmp_path / "photos" / "any"
    folder.mkdir(parents=True)
    for number, x in enumerate(wanted["x"]):
        Image.fromarray(x[0].repeat(3, 0).repeat(3, 1)).save(folder / f"{number}.png")
    report = audit(job.path, job.key, *FEW, "--prior", tmp_path / "photos")
    assert ranking(report)["streams"][0]["subnetwork"] in report["wanted"]


def test_vectors(tmp_path):
    random = numpy.random.default_rng(0)

    def drawn(rows, mean):
        """On no scale that a guest is brought to."""
        return (3 * (random.standard_normal((rows, 20)) + mean)).astype(numpy.float32)

    tasks = [Task(name, nn.Linear(20, 4), drawn(320, mean), numpy.arange(320) % 4) for name, mean in (("wanted", 0), ("guest", 0.3))]  # fmt: skip
    job = Job(tmp_path, tasks[:1], "[train]\nlr = 0.05\n", tasks[1:])
    numpy.savez(tmp_path / "known.npz", x=drawn(50, 0), y=numpy.zeros(50, numpy.int64))
    report = audit(job.path, job.key, *FEW, "--prior", tmp_path / "known.npz")
    assert names_the_wanted_one(report)


@pytest.mark.parametrize("disguise", ["none", "vocabulary"])
def test_texts(tmp_path, disguise):
    """Under a secret numbering, too: the cloud is taken to have undone it."""
    job = news_job(tmp_path, 5, ("--disguise", disguise))
    report = audit(job.path, job.key, *FEW, "--prior", known(job, "wanted", 60))
    assert names_the_wanted_one(report) and report["verdict"] == "fail"
    assert ranking(report)["streams"][0]["auc"] < 0.65
    assert ranking(report)["streams"][1]["auc"] > 0.8
    decoys = audit(job.path, job.key, *FEW, "--prior", known(job, "guest", 60))
    assert not ranking(decoys)["right"]


def test_what_does_not_fit_is_refused(job, tmp_path):
    both = ("audit", "--job", job.path, "--key", job.key)
    refused(*both, "--prior", known(job, "wanted", 9), says="holds 9 samples")
    numpy.savez(tmp_path / "small.npz", x=numpy.zeros((20, 1, 16, 16), numpy.uint8), y=numpy.zeros(20, numpy.int64))  # fmt: skip
    refused(*both, "--prior", tmp_path / "small.npz", says="holds uint8 images of [1, 16, 16], but the job's streams are uint8 images of [1, 28, 28]")  # fmt: skip
    numpy.savez(tmp_path / "real.npz", x=numpy.zeros((20, 1, 28, 28), numpy.float32), y=numpy.zeros(20, numpy.int64))  # fmt: skip
    refused(*both, "--prior", tmp_path / "real.npz", says="holds float32 images")
    (tmp_path / "text.txt").write_text("some words\n" * 99)
    refused(*both, "--prior", tmp_path / "text.txt", says="is text, but the job's samples are uint8 images")  # fmt: skip
    refused(*both, "--prior", tmp_path / "none.npz", says="none.npz")
    (tmp_path / "table.csv").write_text("1,2,3\n" * 99)
    for option in ("--prior", "--public", "--surrogate"):
        refused(*both, option, tmp_path / "table.csv", says="table.csv: is text, but the job's samples are uint8 images of [1, 28, 28]; of a table save arrays: t = pandas.read_csv(")  # fmt: skip


COUNTS = (20, 50, 200)


def table(name, jobs):
    """Of each job and number of samples: the areas under the curve, and what is named."""
    found = collections.defaultdict(list)
    for job in jobs:
        for count in COUNTS:
            report = audit(job.path, job.key, "--games", 8, "--prior", known(job, "wanted", count))  # fmt: skip
            by_role = {s["subnetwork"] in report["wanted"]: s["auc"] for s in ranking(report)["streams"]}  # fmt: skip
            found[count].append((by_role[True], by_role[False], ranking(report)["right"], ranking(report)["sure"]))  # fmt: skip
    for count, rows in found.items():
        wanted, guest, right, sure = zip(*rows, strict=True)
        print(f"{name}, {count} samples: AUC {min(wanted):.2f} to {max(wanted):.2f} on the wanted one, {min(guest):.2f} to {max(guest):.2f} on the guest; right {sum(right)} of {len(rows)}, surely {sum(s and r for s, r in zip(sure, right, strict=True))}")  # fmt: skip
    return found


@pytest.mark.full
def test_halves_of_photographs(tmp_path):
    """12 of 12 jobs were named on the prototype."""
    x, y = photographs()
    found = table("CIFAR-10", (image_job(tmp_path / str(seed), x, y, seed) for seed in range(12)))  # fmt: skip
    for count, least in ((20, 11), (50, 12), (200, 12)):
        assert sum(right for *_, right, _ in found[count]) >= least, found[count]
    assert all(sure for *_, sure in found[200])


@pytest.mark.full
def test_halves_of_news(tmp_path):
    """10 of 10 jobs."""
    found = table("news", (news_job(tmp_path / str(seed), seed) for seed in range(10)))
    for count, rows in found.items():
        assert all(right and sure for _, _, right, sure in rows), (count, rows)
