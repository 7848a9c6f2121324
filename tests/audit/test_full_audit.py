"""Attackers that train: what they find in games, in the job's sub-networks, and in a trained file."""

import json
import shutil
import signal
import subprocess
import sys
import time

import amalgam
import amalgam.zoo
import numpy
import pytest
import torch
from amalgam import _core
from amalgam.attackers import own
from amalgam.attackers.learnability import LossCurve
from amalgam.attackers.reference import fit
from amalgam.attackers.stream import Stream
from audits import TRAIN, attack, audit, halves, news, shown_by_a_browser
from command_lines import one_thread, train_call
from conftest import AMALGAM, Job, Task, digests, images, make_task, refused
from damage import damaged, edit_tensors
from safetensors.torch import load_file
from texts import NEWS_TEXT
from torch import nn
from warm_python import warm_python

FULL = ("--full", "--python", warm_python(), "--threads", 1)
FEW = ("--games", 12)
SMALL_BATCHES = TRAIN.replace("[train]\n", "[train]\nbatch_size = 16\n")
TRAINED_ATTACKERS = {
    "loss curve",
    "held-out accuracy",
    "weights, gradients, batch norm",
    "gradient leakage",
    "attribution",
    "classifier that knows the generator",
}


def small_network(channels=1, size=28, classes=5):
    """Training learns digits with it, and takes little time."""
    torch.manual_seed(0)
    side = (size - 5) // 3 + 1
    layers = [nn.Conv2d(channels, 6, 5, 3), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(6 * side * side, classes))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Half of MNIST beside a decoy with labels at random, and the job trained by its own trainer."""
    folder = tmp_path_factory.mktemp("full")
    task = halves(folder, 1000, small_network())
    high = numpy.load(folder / "high.npz")
    y = numpy.random.default_rng(0).integers(0, 5, len(high["y"]))
    numpy.savez(folder / "random.npz", x=high["x"], y=y)
    job = Job(folder, [task], SMALL_BATCHES + "[[decoy]]\ndata = 'random.npz'\n")
    alone = one_thread(PYTHONDONTWRITEBYTECODE="1")
    subprocess.run(train_call(job.path, folder / "result"), check=True, capture_output=True, env=alone)  # fmt: skip
    return job


@pytest.fixture(scope="module")
def report(made):
    before = digests(made.path)
    found = audit(made.path, made.key, *FULL, *FEW, "--trained", made.folder / "result/trained.safetensors", "--report", made.folder / "audit.html")  # fmt: skip
    assert digests(made.path) == before
    return found


def test_every_attacker_is_scored_against_chance(report):
    names = {line["name"] for line in report["attacks"]}
    assert names >= TRAINED_ATTACKERS
    for line in report["attacks"]:
        assert len(line["hits"]) == report["games"] == 12
        assert line["interval"][0] <= line["advantage"] <= line["interval"][1]


def test_the_scores_can_be_replayed(made, report):
    replay = report["replay"]
    assert replay["depth"] == "full" and len(replay["games"]) == 12
    for game in replay["games"]:
        assert sum(game["wanted"]) == 1
        for name, names in replay["statistics"].items():
            for stream in game["measured"][name]:
                assert len(stream) == len(names) and numpy.isfinite(stream).all()
    # A game again, from what is written down.
    request = {**{name: replay[name] for name in ("scheme", "surrogates", "seed", "rows")}, "job": str(made.path)}  # fmt: skip
    dealt = _core.AuditStreams(json.dumps(request)).game(7)
    again = [LossCurve().measure(fit(Stream.of(stream, [1, 8, 8]))) for stream in dealt]
    numpy.testing.assert_allclose(again, replay["games"][7]["measured"]["loss curve"], rtol=1e-3)  # fmt: skip
    # The naive attackers' hits follow from what is written down.
    rule = attack(report, "loss curve, naive")
    for game, hit in zip(replay["games"], rule["hits"], strict=True):
        losses = [stream[0] for stream in game["measured"]["loss curve"]]
        assert len(set(losses)) == 2
        assert game["wanted"][losses.index(min(losses))] == hit


def test_a_stream_that_does_not_learn_is_found(made, report):
    (decoy,) = {0, 1} - set(report["wanted"])
    chance = [f for f in report["hard_failures"] if f["kind"] == "chance"]
    assert report["verdict"] == "fail" and len(chance) == 3
    assert all(failure["subnetworks"] == report["wanted"] for failure in chance)
    for by in ("simple classifiers", "trained here", "the trained file"):
        assert any(by in failure["what"] for failure in chance), by
    wanted = report["training"][report["wanted"][0]]
    assert wanted["own"]["held_out"]["accuracy"] > 0.8
    assert report["training"][decoy]["own"]["held_out"]["accuracy"] < 0.35
    assert wanted["curve"][0][1] > 2 * wanted["curve"][-1][1]


def test_what_a_trained_file_says(made, report):
    initial = load_file(made.path / "weights.safetensors")
    trained = load_file(made.folder / "result/trained.safetensors")
    for number, found in enumerate(report["training"]):
        names = [n for n in initial if n.startswith(f"subnetworks.{number}.") and initial[n].is_floating_point()]  # fmt: skip
        moved = sum((trained[n] - initial[n]).double().square().sum() for n in names)
        before = sum(initial[n].double().square().sum() for n in names)
        assert found["file"]["moved"] == pytest.approx(float((moved / before).sqrt()), rel=1e-4)  # fmt: skip


def test_a_gradient_gives_a_row_away(report):
    for found in report["training"]:
        row, recovered = found["leak"]["values"]
        error = numpy.square(numpy.subtract(row, recovered)).mean()
        span = max(row) - min(row)
        assert found["leak"]["psnr"] == pytest.approx(10 * numpy.log10(span**2 / error), abs=0.1)  # fmt: skip
        assert numpy.corrcoef(row, recovered)[0, 1] > 0.5


def test_a_trained_file_alone_needs_no_training(made):
    found = audit(made.path, made.key, "--python", warm_python(), "--games", 64, "--trained", made.folder / "result/trained.safetensors")  # fmt: skip
    assert all("own" not in sub and "file" in sub for sub in found["training"])
    assert not TRAINED_ATTACKERS & {line["name"] for line in found["attacks"]}


def test_sub_networks_that_receive_links(tmp_path):
    """What one made of a batch must be there when the next reads it; and an untrained file has not moved."""
    job = Job(tmp_path, [make_task("task", "LeNet5", 100)], TRAIN, options=("--decoys", 2, "--links", 1))  # fmt: skip
    found = audit(job.path, job.key, "--python", warm_python(), "--games", 8, "--trained", job.path / "weights.safetensors")  # fmt: skip
    assert "links" in [failure["kind"] for failure in found["hard_failures"]]
    for sub in found["training"]:
        assert sub["file"]["moved"] == 0 and sub["file"]["training"]["rows"] == 90


def test_attention_can_be_looked_into(tmp_path, monkeypatch):
    monkeypatch.setattr(own, "LEAK_STEPS", 100)
    torch.manual_seed(0)
    x, y = images((3, 16, 16), 128, 10, 1)
    job = Job(tmp_path, [Task("task", amalgam.zoo.vit((3, 16, 16), 10, layers=1), x, y)], TRAIN)  # fmt: skip
    request = {"job": str(job.path), "threads": 1, "trained": None, "seconds": 0.1}
    for found in own.look_at_job(request, lambda done, total: None)["subnetworks"]:
        assert numpy.isfinite(found["leak"]["psnr"]) and found["leak"]["distance"] < 1
        assert len(found["saliency"]) == 3 * 16 * 16


def test_a_hostile_trained_file_is_refused(made, tmp_path):
    trained = made.folder / "result/trained.safetensors"
    name = next(n for n in load_file(trained) if n.endswith("conv0_weight"))
    both = ("audit", "--job", made.path, "--key", made.key, "--python", warm_python())
    less = edit_tensors(trained, lambda t: t.pop(name), tmp_path / "less.safetensors")
    refused(*both, "--trained", less, says=name)
    shape = edit_tensors(trained, lambda t: t.update({name: t[name][..., 0]}), tmp_path / "shape.safetensors")  # fmt: skip
    refused(*both, "--trained", shape, says=name)
    (tmp_path / "pickle.safetensors").write_bytes(b"\x80\x04K\x01.")
    refused(*both, "--trained", tmp_path / "pickle.safetensors", says="pickle")


def test_changed_code_is_not_run(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "job")
    with open(tmp_path / "job/model.py", "a") as out:
        out.write(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    refused("audit", "--job", tmp_path / "job", "--key", made.key, *FULL, says="model.py")  # fmt: skip
    damaged(made.path / "job.json", lambda text: text + b" ", tmp_path / "job/job.json")
    refused("audit", "--job", tmp_path / "job", "--key", made.key, *FULL, says="job.json")  # fmt: skip
    assert not (tmp_path / "ran").exists()


@pytest.mark.full
def test_a_generated_decoy_is_told_apart_by_training(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    job = Job(tmp_path, [halves(tmp_path, 320, small_network())], SMALL_BATCHES)
    found = amalgam.audit(job=job.path, key=job.key, full=True, games=24, threads=1, progress=False)  # fmt: skip
    classifier = attack(found.facts, "classifier that knows the generator")
    assert found.verdict == "fail" and classifier["accuracy"] > 0.95


def test_texts(tmp_path):
    recipe = "[train]\nlr = 0.05\nbatch_size = 16\n" + NEWS_TEXT
    job = Job(tmp_path, [news(tmp_path, "task", "12", 320)], recipe, options=("--noise", "unigram"))  # fmt: skip
    found = audit(job.path, job.key, *FULL, "--games", 8)
    names = {line["name"] for line in found["attacks"]}
    assert names >= TRAINED_ATTACKERS - {"gradient leakage"}


def test_vectors_without_classes(tmp_path):
    random = numpy.random.default_rng(0)
    x = random.normal(size=(300, 20)).astype(numpy.float32)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 3))
    job = Job(tmp_path, [Task("task", network, x, x[:, :3] * 2)], "[train]\nlr = 0.1\nloss = 'mse'\n")  # fmt: skip
    found = audit(job.path, job.key, *FULL, "--games", 8)
    assert {line["name"] for line in found["attacks"]} >= TRAINED_ATTACKERS
    wanted = found["training"][found["wanted"][0]]
    assert wanted["own"]["held_out"]["accuracy"] is None
    assert wanted["curve"][0][1] > 2 * wanted["curve"][-1][1]


def test_an_interrupted_audit_leaves_nothing_behind(tmp_path):
    x, y = images((1, 12, 12), 320, 10, 1)
    job = Job(tmp_path, [Task("task", small_network(1, 12, 10), x, y)], SMALL_BATCHES)
    places = one_thread(TMPDIR=str(tmp_path / "places"))
    (tmp_path / "places").mkdir()
    call = [AMALGAM, "audit", "--job", job.path, "--key", job.key, "--full", "--python", sys.executable, "--threads", "1", "--games", "12", "--report", tmp_path / "a.html"]  # fmt: skip
    running = subprocess.Popen(call, env=places, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    # Until games are played, by processes of their own.
    while not any("progress 1 " in log.read_text() for log in (tmp_path / "places").glob("*/games.txt")):  # fmt: skip
        assert running.poll() is None
        time.sleep(0.1)
    # What attackers are handed has nothing of the key in it.
    (request,) = (tmp_path / "places").glob("*/games.json")
    allowed = {"scheme", "surrogates", "seed", "games", "lessons", "rows", "image", "version", "job", "threads"}  # fmt: skip
    assert set(json.loads(request.read_text())) == allowed
    running.send_signal(signal.SIGINT)
    running.communicate()
    assert running.returncode not in (0, 3, 4)
    assert not (tmp_path / "a.html").exists()
    assert not list((tmp_path / "places").glob("amalgam-*"))
    left = subprocess.run(["pgrep", "-f", str(tmp_path / "places")], capture_output=True, text=True)  # fmt: skip
    assert left.stdout == ""


def test_the_curves_are_on_the_page(made, report, tmp_path):
    page = made.folder / "audit.html"
    shown = shown_by_a_browser(page, tmp_path / "profile")
    assert shown.count("<polyline") == 2 and "What training shows" in shown
    for name in ("from a gradient", "saliency", "recovered layout"):
        assert shown.count(f'alt="{name}') == 2
    assert all(name in shown for name in TRAINED_ATTACKERS)
    assert "http" not in page.read_text()
