"""amalgam curves: what was learnt, of the wanted tasks alone, as train.py wrote it and as somebody else may have."""

import json
import math
import re
import shutil
from html.parser import HTMLParser
from xml.etree import ElementTree

import amalgam
import numpy
import pytest
from conftest import SEED, Job, images, make_task, metrics, refused, run

EPOCHS, BATCHES = 6, 20
SPLITS = ("train", "train-steps", "valid")
TRAIN = f"[train]\nlr = 0.05\nepochs = {EPOCHS}\nbatch_size = 8\nschedule = {{ kind = \"cosine\", min_lr = 0.0001 }}\n[input]\nscale = 255.0\n"  # fmt: skip
# Its loss is soon not finite, so that it stops.
STOPS = '[here.train]\nlr = 1e18\nmetric = "top_2"\nstop = { patience = 2 }\n'


def task(name, seed, table=""):
    return make_task(name, "MLP", seed=seed, count=8 * BATCHES, validation=images((1, 28, 28), 40, 10, seed + 9), table=table)  # fmt: skip


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    made = Job(tmp_path_factory.mktemp("curves"), [task("digits", 0), task("odd", 1, STOPS)], TRAIN, [task("guest", 2)])  # fmt: skip
    made.train()
    return made


@pytest.fixture
def result(job, tmp_path):
    """What came back, to be damaged."""
    return shutil.copytree(job.folder / "result", tmp_path / "result")


def call(job, result, *more):
    return ["curves", "--key", job.key, "--result", result, *more]


def lines_of(job, result, name, split):
    numbers = job.plan()["wanted"]
    return [line for line in metrics(result) if (line["sub-network"], line["split"]) == (numbers[name]["subnetwork"], split)]  # fmt: skip


def column(lines, name):
    values = [line.get(name) for line in lines]
    return numpy.array([math.nan if v is None else v for v in values], numpy.float64)


@pytest.mark.parametrize("given", ["result", "result/metrics.jsonl"])
def test_arrays_are_what_the_trainer_wrote(job, given):
    found = amalgam.curves(job.folder / given, key=job.key)
    assert list(found) == ["digits", "odd"]
    for name, own in (("digits", "accuracy"), ("odd", "top_2")):
        assert tuple(found[name]) == SPLITS
        for split in SPLITS:
            lines = lines_of(job, job.folder / "result", name, split)
            arrays = found[name][split]
            assert list(arrays) == ["epoch", "step", "loss", own, "lr"]
            for column_name, array in arrays.items():
                assert array.dtype == numpy.float64
                numpy.testing.assert_array_equal(array, column(lines, column_name))
    assert len(found["digits"]["train"]["epoch"]) == EPOCHS
    assert list(found["digits"]["train-steps"]["step"]) == [50, 100]


def test_one_that_stopped_early_has_fewer(job):
    found = amalgam.curves(job.folder / "result", key=job.key)["odd"]
    stopped = len(found["valid"]["epoch"])
    assert 0 < stopped < EPOCHS and numpy.isnan(found["valid"]["loss"][-1])
    printed = run(*call(job, job.folder / "result")).stdout
    assert f"odd: epochs 1 to {stopped} of {EPOCHS}, {stopped * BATCHES} batches\n" in printed  # fmt: skip
    assert f"digits: epochs 1 to {EPOCHS} of {EPOCHS}, {EPOCHS * BATCHES} batches\n" in printed  # fmt: skip
    (row,) = re.findall("(?m)^  loss held out .*", printed.partition("odd: ")[2])
    assert row.split()[-2] == "nan"


def test_a_table_of_80_columns(job):
    result = job.folder / "result"
    for environment, drawn in (({"LC_ALL": "C"}, "[1-8x]+"), ({"LANG": "en_US.UTF-8"}, "[▁▂▃▄▅▆▇█x]+")):  # fmt: skip
        done = run(*call(job, result), env=environment, encoding="utf-8")
        assert done.stderr == ""
        assert all(len(line) <= 80 for line in done.stdout.splitlines())
        digits = done.stdout.partition("odd: ")[0].splitlines()
        assert digits[1].split() == ["first", "best", "epoch", "last"]
        names = ("loss training", "loss held out", "accuracy training", "accuracy held out")  # fmt: skip
        for line, name in zip(digits[2:6], names, strict=True):
            split, own = "valid" if "held out" in name else "train", name.split()[0]
            values = column(lines_of(job, result, "digits", split), own)
            best = values.argmin() if own == "loss" else values.argmax()
            numbers = f"{values[0]:.4g} {values[best]:.4g} {best + 1} {values[-1]:.4g}"
            assert re.fullmatch(rf"  {name} +{re.escape(numbers).replace(' ', ' +')}  ({drawn})".replace("\\ ", " "), line), line  # fmt: skip
            assert len(line.split()[-1]) == EPOCHS
        assert re.fullmatch(rf"  learning rate +\S+ +\S+  {drawn}", digits[6])
        assert len(digits) == 7


class Page(HTMLParser):
    """The tags, and what may fetch or run something."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.suspects = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "style") or name.startswith("on"):  # fmt: skip
                self.suspects.append((name, value))


def test_the_page_stands_alone(job, tmp_path):
    path = tmp_path / "curves.html"
    printed = run(*call(job, job.folder / "result", "--out", path)).stdout
    assert printed == run(*call(job, job.folder / "result")).stdout
    text = path.read_text()
    page = Page(text)
    assert page.suspects == [("href", "data:,")]
    assert not {"script", "img", "iframe", "object", "use", "image"} & set(page.tags)
    assert not re.search(r"https?:|//|@import|url\(", text)
    root = ElementTree.fromstring(text)  # XML, too
    assert [e.text.strip() for e in root.iter("h2")] == ["digits", "odd"]
    charts = list(root.iter("svg"))
    labels = [chart.get("aria-label") for chart in charts]
    assert labels == [
        f"{what} of {name}"
        for name, drawn in (("digits", ("loss", "accuracy")), ("odd", ("top_2",)))
        for what in (*drawn, "learning rate")
    ]
    assert "loss of odd: no value is finite." in [e.text for e in root.iter("p")]
    for chart in charts:
        words = [e.text for e in chart.iter("text")]
        assert "batches of training" in words and "epoch" in words
    titles = [e.text for e in charts[0].iter("title")]
    for split, name in (("train", "training, whole epochs"), ("valid", "held out")):
        for line in lines_of(job, job.folder / "result", "digits", split):
            assert f"{name}, epoch {line['epoch']}, batch {line['step']}: {line['loss']:.6g}" in titles  # fmt: skip
    assert len(titles) == 2 * EPOCHS
    assert "learning rate, log scale" in [e.text for e in charts[2].iter("text")]
    assert "guest" not in text


def test_a_page_is_never_overwritten(job, tmp_path):
    path = tmp_path / "curves.html"
    path.write_text("mine")
    refused(*call(job, job.folder / "result", "--out", path), says="is already there")
    assert path.read_text() == "mine"
    refused(*call(job, job.folder / "result", "--out", tmp_path / "none" / "x"), says="is not a folder")  # fmt: skip
    with pytest.raises(amalgam.ExistsError):
        amalgam.curves(job.folder / "result", key=job.key, out=path)
    assert [p.name for p in tmp_path.iterdir()] == ["curves.html"]


def test_a_page_stays_at_home(job, result):
    """Neither in the job, nor where it may go back with --resume."""
    before = {p.name for p in result.iterdir()}
    refused(*call(job, result, "--out", result / "x.html"), status=2, says="may go back to the cloud")  # fmt: skip
    refused(*call(job, result, "--out", job.path / "x.html"), status=2, says="lies inside")  # fmt: skip
    assert {p.name for p in result.iterdir()} == before


BAD = {
    "no JSON": "}{",
    "nested": "[" * 4000,
    "long": "x" * 5000,
    "zero bytes": "\0" * 9,
    "text for a number": '{"split": "train", "epoch": 9, "step": 9, "sub-network": 0, "loss": "low"}',
    "no such sub-network": '{"split": "train", "epoch": 1, "step": 9, "sub-network": 3, "loss": 1}',
    "no such epoch": '{"split": "train", "epoch": 7, "step": 900, "sub-network": 0, "loss": 1}',
    "an endless number": '{"split": "train", "epoch": 6, "step": 900, "sub-network": 0, "loss": 1e999}',
    "markup": '{"split": "<script>alert(1)</script>", "epoch": 1, "step": 1, "sub-network": 0}',
    "a terminal's": '{"split": "\\u001b[2J", "epoch": 1, "step": 1, "sub-network": 0}',
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_damaged_lines_are_left_out(job, result, tmp_path, kind):
    before = run(*call(job, result)).stdout
    log = result / "metrics.jsonl"
    lines = log.read_text().splitlines()
    lines[3:3] = [BAD[kind]] * 2
    log.write_text("\n".join(lines))
    done = run(*call(job, result, "--out", tmp_path / "page"))
    assert done.stdout == before
    assert done.stderr == f"amalgam: note: {log}: 2 lines are not what train.py writes, and left out\n"  # fmt: skip
    text = (tmp_path / "page").read_text()
    assert "2 lines are not what train.py writes" in text and "alert" not in text
    with pytest.warns(UserWarning, match="2 lines are not"):
        amalgam.curves(result, key=job.key)


def test_extreme_numbers(job, result, tmp_path):
    """Whatever is finite is drawn: the largest numbers, the smallest, and epochs out of all proportion."""
    wanted = job.plan()["wanted"]["digits"]["subnetwork"]
    values = (1.7e308, -1.7e308, 5e-324, 0, -1e-300, None)
    (result / "metrics.jsonl").write_text("".join(
        json.dumps({"split": split, "epoch": i + 1, "step": 2**53 - 9 + i, "sub-network": wanted, "loss": v, "lr": v, "accuracy": v}) + "\n"
        for split in SPLITS for i, v in enumerate(values)
    ))  # fmt: skip
    done = run(*call(job, result, "--out", tmp_path / "page"))
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    root = ElementTree.parse(tmp_path / "page")
    drawn = [e.get("d") for e in root.iter("path")]
    assert drawn and not re.search("nan|inf", " ".join(drawn))


def test_a_long_training_gives_a_small_page(job, result, tmp_path):
    with open(result / "metrics.jsonl", "w") as file:
        for i in range(100_000):
            for k in range(3):
                file.write(f'{{"split": "train-steps", "epoch": 1, "step": {i}, "sub-network": {k}, "loss": {i % 7}, "lr": 0.1}}\n')  # fmt: skip
    run(*call(job, result, "--out", tmp_path / "page"))
    assert (tmp_path / "page").stat().st_size < 200_000


def test_files_that_hold_nothing(job, tmp_path):
    nothing = "holds no line of this job's training"
    log = tmp_path / "metrics.jsonl"
    refused(*call(job, tmp_path), says="is a folder without metrics.jsonl")
    refused(*call(job, log), says="is not there; give train.py's folder")
    refused(*call(job, job.folder / "result" / "trained.safetensors"), says=nothing)
    for text in ("", "hello\n", "{}\n" * 5000):
        log.write_text(text)
        assert len(refused(*call(job, tmp_path), says=nothing)) == 1
    log.unlink()
    log.mkdir()
    refused(*call(job, tmp_path), says="is no file of at most 64 MiB")
    log.rmdir()
    with open(log, "w") as file:
        file.truncate((64 << 20) + 1)
    refused(*call(job, tmp_path), says="is no file of at most 64 MiB")
    refused(*call(job, log, "--out", tmp_path / "x"), says="is no file of at most")
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_another_jobs_key(job, tmp_path):
    other = Job(tmp_path / "other", [make_task("task", "MLP", 40)], "[train]\nlr = 0.1\n", seed=SEED[::-1])  # fmt: skip
    lines = refused(*call(other, job.folder / "result"), says="was not made from this key's job")  # fmt: skip
    assert len(lines) == 1
    with pytest.raises(amalgam.TrainedFileError):
        amalgam.curves(job.folder / "result" / "metrics.jsonl", key=other.key)
    # A run that was stopped has a checkpoint alone.
    part = tmp_path / "part"
    part.mkdir()
    for name in ("metrics.jsonl", "checkpoint.safetensors"):
        shutil.copy(job.folder / "result" / name, part)
    refused(*call(other, part), says="was not made from this key's job")
    # metrics.jsonl itself names no job.
    (part / "checkpoint.safetensors").write_text("damaged")
    assert "not what train.py writes" in run(*call(other, part)).stderr


def test_a_passphrase(tmp_path):
    phrase = tmp_path / "phrase"
    phrase.write_text("correct horse\n")
    job = Job(tmp_path, [make_task("task", "MLP", 40)], "[train]\nepochs = 1\n", options=("--passphrase-file", phrase))  # fmt: skip
    job.train()
    refused(*call(job, tmp_path / "result"), says="--passphrase-file")
    assert "task: epoch 1 of 1" in run(*call(job, tmp_path / "result", "--passphrase-file", phrase)).stdout  # fmt: skip
    assert "task" in amalgam.curves(tmp_path / "result", key=job.key, passphrase="correct horse")  # fmt: skip
    with pytest.raises(amalgam.KeyFileError, match="give it with passphrase="):
        amalgam.curves(tmp_path / "result", key=job.key)


def test_a_run_that_was_stopped_in_its_first_epoch(tmp_path):
    job = Job(tmp_path, [make_task("task", "MLP", 480)], "[train]\nepochs = 3\nbatch_size = 8\n")  # fmt: skip
    job.train("result", "--max-steps", "55")
    printed = run(*call(job, tmp_path / "result")).stdout
    assert "task: in epoch 1 of 3, 50 batches\n" in printed
    assert re.search("(?m)^  loss training ", printed)
