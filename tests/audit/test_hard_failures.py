"""A clean job has no hard failure; each kind, planted where a rule takes it for the wanted one, is found, and elsewhere is a note."""

import json
import shutil

import numpy
import pytest
import torch
from audits import FEW, ROWS, TRAIN, audit, kinds
from conftest import Job, Task, images, make_task, plan_of
from damage import damaged, edit_tensors
from safetensors.torch import load_file
from torch import nn


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A wanted LeNet-5 and a guest of the same kind, on pictures of two sources."""
    folder = tmp_path_factory.mktemp("clean")
    wanted = make_task("digits", "LeNet5", ROWS, seed=1)
    guest = make_task("guest", "LeNet5", ROWS, seed=2)
    return Job(folder, [wanted], TRAIN, [guest])


@pytest.fixture
def job(clean, tmp_path):
    """A copy of the clean one, to plant something in."""
    shutil.copytree(clean.path, tmp_path / "job")
    return tmp_path / "job"


def change_shards(job, change):
    for path in (job / "data").glob("train-*"):
        edit_tensors(path, change)


def positions(job, subnetwork):
    weights = load_file(job / "weights.safetensors")
    return weights[f"subnetworks.{subnetwork}.positions"]


def test_a_clean_job_has_none_and_passes(clean):
    report = audit(clean.path, clean.key)
    assert kinds(report) == [] and report["verdict"] == "pass"
    assert report["wanted"] == [plan_of(clean.key)["wanted"]["digits"]["subnetwork"]]


VALUES = {
    "grid": lambda x: x & 0xFE,
    "ranges": lambda x: x // 4,
    "constants": lambda x: torch.where(torch.arange(x.shape[1]) < 40, 7, x),
    "repeats": lambda x: torch.where(torch.arange(len(x))[:, None] < 20, x[:1], x),
}


def change_values(job, subnetwork, change):
    columns = positions(job, subnetwork)

    def plant(tensors):
        x = tensors["x.uint8"]
        x[:, columns] = change(x[:, columns]).to(torch.uint8)

    change_shards(job, plant)


def notes(report):
    return {note["kind"]: note for note in report["notes"]}


@pytest.mark.parametrize("kind", VALUES)
def test_values_of_the_wanted_stream(clean, job, kind):
    change_values(job, clean.subnetwork(clean.tasks[0]), VALUES[kind])
    assert kind in kinds(audit(job, clean.key, *FEW))


@pytest.mark.parametrize("kind", ["grid", "ranges"])
def test_of_a_guest_they_mislead(clean, job, kind):
    guest = 1 - clean.subnetwork(clean.tasks[0])
    change_values(job, guest, VALUES[kind])
    report = audit(job, clean.key, *FEW)
    assert kind not in kinds(report)
    assert notes(report)[kind]["subnetworks"] == [guest]
    assert "be wrong here" in notes(report)[kind]["meaning"]


def test_repeats_are_told_from_a_shorter_stream(clean, job):
    change_values(job, 0, VALUES["repeats"])
    (single,) = [f for f in audit(job, clean.key, *FEW)["hard_failures"] if f["kind"] == "repeats"]  # fmt: skip
    assert "more than once" in single["what"]


def test_a_shorter_stream_repeats(tmp_path):
    guest = make_task("guest", "LeNet5", ROWS - 80, seed=2)
    job = Job(tmp_path, [make_task("digits", "LeNet5", ROWS, seed=1)], TRAIN, [guest])
    report = audit(job.path, job.key, *FEW)
    (failure,) = [f for f in report["hard_failures"] if f["kind"] == "repeats"]
    assert f"shorter, so repeated, as where {ROWS - 80} rows are filled up to {ROWS}" in failure["what"]  # fmt: skip
    assert f"--rows {ROWS - 80}" in failure["cure"]
    if report["hard_failures"] == [failure]:
        assert " --rows " in report["command"]


def test_labels_at_random(clean, job):
    mine = clean.subnetwork(clean.tasks[0])

    def plant(tensors):
        order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(0))
        column = json.loads((job / "job.json").read_text())["subnetworks"][1 - mine]["fields"][-1]["positions"]  # fmt: skip
        tensors["y.int64"][:, column] = tensors["y.int64"][order][:, column]

    change_shards(job, plant)
    (failure,) = audit(job, clean.key, *FEW)["hard_failures"]
    assert failure["kind"] == "chance" and failure["subnetworks"] == [mine]
    # Whether they are made up or only hard, nobody but their owner knows.
    for cure in ("labels that follow from their samples", "real and only hard to tell"):
        assert cure in failure["cure"]


@pytest.mark.parametrize(
    "file, text",
    [
        ("model.py", "# was {tensor}"),
        ("model.py", "# was net.{tensor}, bias"),
        ("model.py", "class digits: pass"),
        ("notes.txt", "the digits task"),
        ("README.md", "5eed" * 16),
        ("data/digits.txt", ""),
    ],
)
def test_names_and_secrets(clean, job, file, text):
    tensor = next(name for name in clean.tasks[0].initial if "." in name)
    with open(job / file, "a") as out:
        out.write(text.format(tensor=tensor) + "\n")
    found = audit(job, clean.key, *FEW)["hard_failures"]
    assert {failure["kind"] for failure in found} == {"secrets"}
    assert file in found[0]["what"]


def test_a_name_that_every_job_has_is_no_secret(tmp_path):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(10, 784) / 28)
            self.bias = nn.Parameter(torch.rand(10))
            self.scale = nn.Parameter(torch.rand(10))
            self.stride = nn.Parameter(torch.rand(10))

        def forward(self, x):
            return nn.functional.linear(x.flatten(1), self.weight, self.bias) * self.scale + self.stride  # fmt: skip

    torch.manual_seed(0)
    x, y = images((1, 28, 28), ROWS, 10, 1)
    job = Job(tmp_path, [Task("loss", Scaled(), x, y)], TRAIN)
    assert "secrets" not in kinds(audit(job.path, job.key, *FEW))


def test_initial_values_of_another_form(clean, job):
    torch.manual_seed(0)
    mine = clean.subnetwork(clean.tasks[0])

    def normal(tensors):
        for name, tensor in tensors.items():
            if name.startswith(f"subnetworks.{mine}.") and tensor.dim() > 1:
                tensors[name] = torch.randn(tensor.shape) * tensor.std()

    edit_tensors(job / "weights.safetensors", normal)
    failures = {f["kind"]: f for f in audit(job, clean.key, *FEW)["hard_failures"]}
    assert failures.keys() == {"initial values", "generator"}
    assert failures["initial values"]["subnetworks"] == [mine]


def test_a_changed_manifest(clean, job):
    damaged(job / "job.json", lambda text: text + b"\n")
    assert kinds(audit(job, clean.key, *FEW)) == ["changed"]


def test_public_data(clean, tmp_path):
    assert kinds(audit(clean.path, clean.key, *FEW, "--public", clean.folder / "digits.npz")) == ["public data"]  # fmt: skip
    # Brightened and cut in value, as another file of the same pictures would be.
    x = numpy.load(clean.folder / "digits.npz")["x"].astype(numpy.float64)
    numpy.savez(tmp_path / "near.npz", x=(x * 0.9 + 9).astype(numpy.uint8), y=numpy.zeros(len(x), numpy.int64))  # fmt: skip
    near = audit(clean.path, clean.key, *FEW, "--public", tmp_path / "near.npz")
    assert kinds(near) == ["public data"]
    other, _ = images((1, 28, 28), 100, 10, 9)
    numpy.savez(tmp_path / "other.npz", x=other, y=numpy.zeros(100, numpy.int64))
    assert kinds(audit(clean.path, clean.key, *FEW, "--public", tmp_path / "other.npz")) == []  # fmt: skip


def test_an_earlier_job(clean, tmp_path):
    wanted = make_task("digits", "LeNet5", ROWS, seed=1)
    second = Job(tmp_path, [wanted], TRAIN, [make_task("other", "LeNet5", ROWS, seed=3)], seed="ab" * 32)  # fmt: skip
    (failure,) = audit(second.path, second.key, *FEW, "--earlier", clean.path)["hard_failures"]  # fmt: skip
    assert failure["kind"] == "earlier job"
    assert failure["subnetworks"] == [second.subnetwork(wanted)]
    assert kinds(audit(second.path, second.key, *FEW, "--earlier", second.path)) == []


def test_links(tmp_path):
    job = Job(tmp_path, [make_task("digits", "LeNet5", ROWS)], TRAIN, options=("--decoys", 3, "--links", 2))  # fmt: skip
    assert "links" in kinds(audit(job.path, job.key, *FEW))


def test_another_dtype(tmp_path):
    x, y = images((1, 28, 28), ROWS, 10, 5, numpy.float32)
    guest = Task("guest", make_task("m", "LeNet5").model, x, y, table="[here.input]\nscale = 1.0\n")  # fmt: skip
    job = Job(tmp_path, [make_task("digits", "LeNet5", ROWS)], TRAIN, [guest])
    report = audit(job.path, job.key, *FEW)
    assert "dtypes" not in kinds(report)
    assert "a decoy as well as" in notes(report)["dtypes"]["meaning"]


@pytest.mark.parametrize("mine, other", [(64, 61), (61, 64)])
def test_sizes_off_the_lattice(tmp_path, mine, other):
    """A rule takes the rounder ones for wanted."""

    def network(width):
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.ReLU(), nn.Linear(width, 10))  # fmt: skip

    x, y = images((1, 28, 28), ROWS, 10, 1)
    of_guest = images((1, 28, 28), ROWS, 10, 2)
    job = Job(tmp_path, [Task("digits", network(mine), x, y)], TRAIN, [Task("guest", network(other), *of_guest)])  # fmt: skip
    report = audit(job.path, job.key, *FEW)
    assert ("sizes" in kinds(report)) == (mine == 64)
    assert ("sizes" in notes(report)) == (other == 64)


class Attention(nn.Module):
    """Uniform and normal values beside each other, as transformers begin."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(28, 4, batch_first=True)
        self.head = nn.Linear(28, 10)
        for weight in (self.attention.in_proj_weight, self.head.weight):
            nn.init.normal_(weight, 0, 0.02)

    def forward(self, x):
        x = x.view(-1, 28, 28)
        return self.head(self.attention(x, x, x, need_weights=False)[0].mean(1))


class Gates(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells, self.head = nn.LSTM(28, 16, batch_first=True), nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.cells(x.view(-1, 28, 28))[0].mean(1))


def test_architectures_begin_in_forms_of_their_own(tmp_path):
    torch.manual_seed(0)
    mine, guest = (Task(name, model(), *images((1, 28, 28), ROWS, 10, seed)) for seed, (name, model) in enumerate((("mine", Attention), ("guest", Gates)), 1))  # fmt: skip
    job = Job(tmp_path, [mine], TRAIN, [guest])
    report = audit(job.path, job.key, *FEW)
    assert "initial values" not in kinds(report)
    assert "other architectures" in notes(report)["initial values"]["meaning"]
