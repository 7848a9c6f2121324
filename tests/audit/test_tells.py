"""What tells sub-networks apart is a hard failure where a rule that was fixed beforehand picks a wanted one, and else a note."""

import shutil

import models
import numpy
import pytest
import torch
from audits import ROWS, TRAIN, audit
from conftest import Job, Task, images, make_task
from damage import edit_tensors
from safetensors.torch import load_file, save_file
from torch import nn

FEW = ("--games", 8)
# What other tests are about.
OTHERS = {"chance", "constants", "grid", "ranges", "odd one out"}


def tells(job, key, *options):
    """Kinds of hard failures and of notes, each with what was found."""
    report = audit(job, key, *FEW, *options)
    failures = {f["kind"]: f["what"] for f in report["hard_failures"]}
    notes = {note["kind"]: note["what"] for note in report["notes"]}
    return tuple(
        {kind: what for kind, what in found.items() if kind not in OTHERS}
        for found in (failures, notes)
    )


def vectors(name, model, seed, inputs=20, table=""):
    random = numpy.random.default_rng(seed)
    y = random.integers(0, 4, 64)
    x = random.normal(0, 1, (64, inputs)) + random.normal(0, 2, (4, inputs))[y]
    return Task(name, model, x.astype(numpy.float32), y, table=table)


def network(hidden=24, seed=1):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(20, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 4))  # fmt: skip


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A wanted network and a guest of the same kind."""
    folder = tmp_path_factory.mktemp("tells")
    return Job(folder, [vectors("mine", network(), 1)], TRAIN_ALONE, [vectors("guest", network(), 2)])  # fmt: skip


TRAIN_ALONE = "[train]\nlr = 0.05\n"


@pytest.fixture
def job(clean, tmp_path):
    shutil.copytree(clean.path, tmp_path / "job")
    return tmp_path / "job"


def plant(job, subnetwork, change):
    """change(weight) -> weight, of the largest matrix."""

    def edit(tensors):
        name = f"subnetworks.{subnetwork}.linear1_weight"
        tensors[name] = change(tensors[name]).contiguous()

    edit_tensors(job / "weights.safetensors", edit)


def zero_row(weight):
    weight[3] = 0
    return weight


FORMS = {
    "a row of zeros": (zero_row, "rows that are not 0"),
    "orthogonal": (lambda w: nn.init.orthogonal_(w), "cosine of two rows"),
    "half precision": (lambda w: w.half().float(), "bits behind the point"),
    "a mask": (lambda w: w * (torch.arange(w.numel()).view(w.shape) % 3 > 0), "third smallest magnitude"),
    "symmetric": (lambda w: (w + w.T) / 2, "its transpose"),
}  # fmt: skip


def test_a_clean_job_tells_nothing(clean):
    assert tells(clean.path, clean.key) == ({}, {})


@pytest.mark.parametrize("form", FORMS)
def test_a_start_of_another_form(clean, job, form):
    change, name = FORMS[form]
    mine = clean.subnetwork(clean.tasks[0])
    plant(job, mine, change)
    failures, notes = tells(job, clean.key)
    assert name in failures["special"] and "linear1_weight" in failures["special"]
    assert "special" not in notes


def test_of_a_decoy_it_is_a_note(clean, job):
    plant(job, 1 - clean.subnetwork(clean.tasks[0]), zero_row)
    failures, notes = tells(job, clean.key)
    assert "special" not in failures and "rows that are not 0" in notes["special"]


class Half(nn.Module):
    """With a frozen layer, or a copied one."""

    def __init__(self, frozen, seed):
        super().__init__()
        self.net = network(seed=seed)
        self.net[2].weight.requires_grad_(not frozen)

    def forward(self, x):
        return self.net(x)


def test_frozen_tensors_that_others_lack(tmp_path):
    mine, guest = vectors("mine", Half(True, 1), 1), vectors("guest", Half(False, 2), 2)
    job = Job(tmp_path, [mine], TRAIN_ALONE, [guest], options=("--start", "keep"))
    failures, _ = tells(job.path, job.key)
    assert "the number of frozen tensors" in failures["special"]


def test_values_that_some_share(tmp_path):
    keep = ("--start", "keep", "--decoys", 1)
    mine, guest = vectors("mine", network(seed=1), 1), vectors("guest", network(seed=2), 2)  # fmt: skip
    job = Job(tmp_path / "one", [mine], TRAIN_ALONE, [guest], options=keep)
    failures, _ = tells(job.path, job.key)
    other = nn.Sequential(nn.Conv1d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(64, 4))
    conv = vectors("guest", nn.Sequential(nn.Unflatten(1, (1, 20)), other), 2)
    different = Job(tmp_path / "two", [mine], TRAIN_ALONE, [conv], options=keep)
    shared, notes = tells(different.path, different.key)
    assert "shared values" not in shared
    assert "shared values" in failures
    assert "shared values" in notes and "shared values" not in shared


# model.py has one of these on one line, and the other on several.
MEANS = ("[0.5029780864715576, 0.5139464735984802, 0.523443877696991]",
         "[0.48595157265663147, 0.46623656153678894, 0.3999682366847992]")  # fmt: skip


def test_normalisation_is_read_however_it_is_written(tmp_path):
    def task(name, seed, numbers):
        model = nn.Sequential(nn.Linear(3, 24), nn.ReLU(), nn.Linear(24, 4))
        table = f"[here.input]\nmean = {numbers}\nstd = {numbers}\n"
        return vectors(name, model, seed, inputs=3, table=table)

    job = Job(tmp_path, [task("mine", 1, MEANS[0])], TRAIN_ALONE, [task("guest", 2, MEANS[1])])  # fmt: skip
    assert ("= torch.tensor([0.4" in (job.path / "model.py").read_text()) != (
        "= torch.tensor([0.5" in (job.path / "model.py").read_text()
    )
    failures, notes = tells(job.path, job.key)
    assert "recipe" not in failures
    for numbers in MEANS:
        assert f"{numbers} in sub-network" in notes["recipe"]
    assert "input.mean.0" not in notes["recipe"]


FIT = '[input]\nmean = "fit"\nstd = "fit"\n'


def test_numbers_that_are_fitted_to_each_stream_say_nothing(tmp_path):
    tasks = [vectors("mine", network(), 1), vectors("guest", network(), 2)]
    job = Job(tmp_path / "vectors", tasks[:1], TRAIN_ALONE + FIT, tasks[1:])
    failures, notes = tells(job.path, job.key)
    assert "recipe" not in {**failures, **notes}
    pictures = [Task(name, models.LeNet5(3, 32), *images((3, 32, 32), 64, 10, seed)) for seed, name in ((1, "mine"), (2, "guest"))]  # fmt: skip
    pictures[1].x //= 2
    job = Job(tmp_path / "pictures", pictures[:1], f"{TRAIN_ALONE}{FIT}scale = 255.0\n", pictures[1:])  # fmt: skip
    failures, notes = tells(job.path, job.key)
    assert "recipe" not in {**failures, **notes}


def test_a_stream_that_alone_is_fitted_is_told(tmp_path):
    mine = vectors("mine", network(), 1, table=FIT.replace("input", "here.input"))
    guest = vectors("guest", network(), 2, table="[here.input]\nmean = [0.5]\nstd = [2.0]\n")  # fmt: skip
    job = Job(tmp_path, [mine], TRAIN_ALONE, [guest])
    failures, notes = tells(job.path, job.key)
    said = {**failures, **notes}["recipe"]
    assert "fitted to its rows" in said and "[0.5]" in said and "input.mean.0" not in said  # fmt: skip


def test_outputs_that_no_label_names(tmp_path):
    def with_outputs(name, seed, outputs):
        return vectors(name, nn.Sequential(nn.Linear(20, 24), nn.ReLU(), nn.Linear(24, outputs)), seed)  # fmt: skip

    for name, own, other in (("mine", 6, 4), ("guest", 4, 6), ("both", 6, 5), ("none", 4, 4)):  # fmt: skip
        mine, guest = with_outputs("mine", 1, own), with_outputs("guest", 2, other)
        job = Job(tmp_path / name, [mine], TRAIN_ALONE, [guest])
        failures, notes = tells(job.path, job.key)
        assert ("unused outputs" in failures) == (name == "mine"), name
        assert ("unused outputs" in notes) == (name == "guest"), name
        assert ("outputs that no label names" in job.output) == (name in ("mine", "guest"))  # fmt: skip
        if name == "mine":
            assert "(2 of 6)" in failures["unused outputs"]


RECIPES = {
    "a setting that others leave alone": ("weight_decay = 0.001", "", True),
    "a number with many digits": ("lr = 0.0137", "lr = 0.01", True),
    "another rate": ("lr = 0.02", "lr = 0.01", False),
}


@pytest.mark.parametrize("name", RECIPES)
def test_settings_of_ones_own(tmp_path, name):
    own, other, told = RECIPES[name]
    mine = vectors("mine", network(), 1, table=f"[here.train]\n{own}\n")
    guest = vectors("guest", network(), 2, table=f"[here.train]\n{other}\n")
    job = Job(tmp_path, [mine], TRAIN_ALONE, [guest])
    failures, notes = tells(job.path, job.key)
    assert ("recipe" in failures) == told and ("recipe" in notes) != told
    assert own.split(" ")[0] in {**failures, **notes}["recipe"]


def test_an_architecture_that_is_published(tmp_path):
    class Wide(models.LeNet5):
        def __init__(self):
            super().__init__()
            self.conv2, self.fc1 = nn.Conv2d(6, 24, 5), nn.Linear(600, 120)

    torch.manual_seed(1)
    x, y = images((1, 28, 28), ROWS, 10, 2)
    task, wide = make_task("digits", "LeNet5", ROWS), Task("wide", Wide(), x, y)
    job = Job(tmp_path / "one", [task], TRAIN, [wide])
    failures, _ = tells(job.path, job.key)
    assert "LeNet-5" in failures["published"]
    turned = Job(tmp_path / "two", [wide], TRAIN, [task])
    failures, notes = tells(turned.path, turned.key)
    assert "published" not in failures and "LeNet-5" in notes["published"]


def test_uniform_values_of_a_gpu(clean, job):
    """PyTorch's generator on a GPU draws finer numbers than 24 bits."""

    def change(tensors):
        random = numpy.random.default_rng(1)
        for name, tensor in tensors.items():
            if name.startswith(f"subnetworks.{mine}.linear"):
                bound = 20**-0.5 if "linear0" in name else 24**-0.5
                unit = (random.integers(0, 2**32, tensor.shape) * 2.0**-32).astype(numpy.float32)  # fmt: skip
                tensors[name] = torch.tensor(unit * numpy.float32(2 * bound) - numpy.float32(bound))  # fmt: skip

    wide = vectors("mine", network(64), 1)
    mine = 0
    other = Job(job.parent / "wide", [wide], TRAIN_ALONE, [vectors("guest", network(64), 2)])  # fmt: skip
    mine = other.subnetwork(wide)
    assert tells(other.path, other.key) == ({}, {})
    edit_tensors(other.path / "weights.safetensors", change)
    failures, _ = tells(other.path, other.key)
    assert "lie on no grid" in failures["generator"]


def trained(job, subnetwork):
    """A result folder, as training would have left it."""
    weights = load_file(job / "weights.safetensors")
    for name, tensor in weights.items():
        if tensor.is_floating_point():
            weights[name] = tensor * 0.9
    (job / "result").mkdir()
    save_file(weights, job / "result" / "trained.safetensors")
    prefix = f"subnetworks.{subnetwork}."
    return {name.removeprefix(prefix): t for name, t in weights.items() if name.startswith(prefix)}  # fmt: skip


@pytest.mark.parametrize("goes_on", ["mine", "guest"])
def test_a_start_that_an_earlier_job_trained(clean, job, tmp_path, goes_on):
    mine = clean.subnetwork(clean.tasks[0])
    shutil.copytree(clean.path, tmp_path / "earlier")
    shutil.copytree(clean.path, tmp_path / "before")
    values = trained(tmp_path / "earlier", mine)
    there = mine if goes_on == "mine" else 1 - mine

    def go_on(tensors):
        for name, tensor in values.items():
            if tensor.is_floating_point():
                tensors[f"subnetworks.{there}.{name}"] = tensor

    edit_tensors(job / "weights.safetensors", go_on)
    earlier = ("--earlier", tmp_path / "before", "--earlier", tmp_path / "earlier")
    failures, notes = tells(job, clean.key, *earlier)
    assert ("earlier job" in failures) == (goes_on == "mine")
    assert "training of earlier left" in {**notes, **failures}["earlier job"]


def test_earlier_jobs_of_the_same_values_tell_nothing(clean):
    assert tells(clean.path, clean.key, "--earlier", clean.path) == ({}, {})


def start_anew(tensors, prefix):
    for name, tensor in tensors.items():
        if name.startswith(prefix) and tensor.is_floating_point():
            tensors[name] = tensor.flip(0).clone()


def test_a_start_anew_beside_the_same_of_others(clean, job):
    mine = clean.subnetwork(clean.tasks[0])
    edit_tensors(job / "weights.safetensors", lambda t: start_anew(t, f"subnetworks.{mine}."))  # fmt: skip
    failures, _ = tells(job, clean.key, "--earlier", clean.path)
    assert "other values than in job" in failures["earlier job"]
