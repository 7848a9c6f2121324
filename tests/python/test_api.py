"""The Python package: the same job as through the command line, and models that come home."""

import subprocess
import sys
import threading
import time

import amalgam
import amalgam.zoo
import models
import numpy
import plain_training
import pytest
import torch
from command_lines import obfuscate_call
from conftest import (  # fmt: skip
    AMALGAM,
    MNIST_INPUT,
    MNIST_PLAIN,
    ROOT,
    SEED,
    assert_same_state,
    digests,
    images,
    run,
    same_bits,
    train_job,
)
from export_model import export as export_file
from torch import nn
from warm_python import warm_python

RECIPE = amalgam.Recipe(
    epochs=2,
    batch_size=32,
    optimizer="sgd",
    lr=0.05,
    momentum=0.9,
    schedule={"kind": "cosine"},
    input={"scale": 255.0, "mean": [0.1307], "std": [0.3081]},
)
PLAIN = {
    "epochs": 2,
    "batch_size": 32,
    "arguments": {"lr": 0.05, "momentum": 0.9},
    "schedule": {"kind": "cosine"},
    "input": MNIST_PLAIN,
}
EXAMPLE = torch.zeros(4, 1, 28, 28)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Bit for bit needs the same number of threads in the job and here."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def digits(rows=160, seed=0):
    return images((1, 28, 28), rows, 10, seed)


def lenet(seed=1):
    torch.manual_seed(seed)
    return models.LeNet5()


def job_of(folder, model, data, **options):
    folder.mkdir(exist_ok=True)
    settings = {"recipe": RECIPE, "progress": False, "seed": SEED, **options}
    return amalgam.obfuscate(model, EXAMPLE, data, job=folder / "job", key=folder / "home.key", **settings)  # fmt: skip


def test_the_same_job_as_through_the_command_line(tmp_path):
    x, y = digits()
    valid = digits(40, 5)
    model = lenet()
    job = job_of(tmp_path, model, (x, y), validation=valid, decoys=2)
    export_file(model, (1, 28, 28), tmp_path / "m.pt2")
    for name, arrays in (("d", (x, y)), ("v", valid)):
        numpy.savez(tmp_path / f"{name}.npz", x=arrays[0], y=arrays[1])
    (tmp_path / "r.toml").write_text(RECIPE.to_toml())
    call = obfuscate_call(tmp_path, "--validation", tmp_path / "v.npz", job="cli", key="cli.key")  # fmt: skip
    said = run(*call, "--decoys", 2, "--seed", SEED).stdout
    assert digests(job.path) == digests(tmp_path / "cli")
    lines = [line for line in job.summary().splitlines() if line[0] not in "-j"]
    assert len(lines) == 9 and set(lines) <= set(said.splitlines())
    assert job.facts["rows"] == 160 and job.facts["held_out_rows"] == 40


def test_the_papers_preset_is_the_same(tmp_path):
    x, y = digits(60)
    job = job_of(tmp_path, lenet(), (x, y), preset="paper", amount=0.5)
    export_file(lenet(), (1, 28, 28), tmp_path / "m.pt2")
    numpy.savez(tmp_path / "d.npz", x=x, y=y)
    (tmp_path / "r.toml").write_text(RECIPE.to_toml())
    call = obfuscate_call(tmp_path, job="cli", key="cli.key")
    run(*call, "--preset", "paper", "--amount", 0.5, "--seed", SEED)
    assert digests(job.path) == digests(tmp_path / "cli")
    assert "the paper's scheme" in job.summary()
    with pytest.raises(amalgam.UsageError, match="'thesis' is unknown"):
        job_of(tmp_path / "other", lenet(), (x, y), preset="thesis")


def test_train_extract_and_verify(tmp_path):
    x, y = digits()
    model = lenet()
    initial = {n: t.clone() for n, t in model.state_dict().items()}
    job = job_of(tmp_path, model, (x, y), decoys=1)
    proof = amalgam.verify(model, EXAMPLE, (x, y), recipe=RECIPE, job=job.path, key=job.key, steps=4, plain=tmp_path / "plain", python=str(warm_python()))  # fmt: skip
    assert [(v.name, v.identical, v.tensors, v.holds) for v in proof] == [("task", 10, 10, True)]  # fmt: skip
    trained = job.train(out=tmp_path / "result")
    twin = lenet(2)
    weights = amalgam.extract(trained, key=job.key, into=twin)
    rows = numpy.load(tmp_path / "plain" / "task" / "rows.npy")
    assert_same_state(initial, model.state_dict())  # nothing of this touched it
    model.load_state_dict(job.start())
    plain_training.train(model, x, y, rows, PLAIN)
    assert_same_state(weights, model.state_dict())
    assert_same_state(twin.state_dict(), model.state_dict())


def test_several_tasks_and_a_guest(tmp_path):
    data = {name: digits(100, seed) for seed, name in enumerate(("a", "b", "c"))}
    tasks = [
        amalgam.Task(lenet(3), EXAMPLE, data["a"], name="a"),
        amalgam.Task(
            models.MLP(),
            EXAMPLE,
            {"x": data["b"][0], "y": data["b"][1]},
            name="b",
            recipe=amalgam.Recipe(optimizer="adam", lr=0.001),
        ),
    ]
    guest = amalgam.Task(None, train_set=data["c"])
    job = amalgam.obfuscate(tasks=tasks, decoys=[guest], recipe=RECIPE, job=tmp_path / "job", key=tmp_path / "key", start="keep", progress=False)  # fmt: skip
    assert "2 wanted, 1 guest, 0 generated decoys" in job.summary()
    found = amalgam.extract(job.path / "weights.safetensors", key=job.key)
    assert sorted(found) == ["a", "b"]
    for task in tasks:
        assert_same_state(found[task.name], task.model.state_dict())
    one = amalgam.extract(job.path / "weights.safetensors", key=job.key, task="b")
    assert_same_state(one, found["b"])
    with pytest.raises(amalgam.UsageError, match="name one with task="):
        amalgam.extract(job.path / "weights.safetensors", key=job.key, into=lenet())


class Pictures(torch.utils.data.Dataset):
    """Counts how often each row is read."""

    def __init__(self, rows=60):
        self.x, self.y = digits(rows)
        self.reads = numpy.zeros(rows, int)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, row):
        self.reads[row] += 1
        return torch.as_tensor(self.x[row]).float() / 255, int(self.y[row])


def test_map_style_datasets_are_read_once_and_some_rows_again(tmp_path):
    pictures = Pictures()
    recipe = amalgam.Recipe(batch_size=16)
    job = job_of(tmp_path / "a", lenet(), pictures, recipe=recipe)
    assert set(pictures.reads) == {1, 2} and (pictures.reads == 2).sum() <= 32
    x = (torch.as_tensor(pictures.x).float() / 255).numpy()
    again = job_of(tmp_path / "b", lenet(), (x, pictures.y), recipe=recipe)
    assert digests(job.path) == digests(again.path)


class Rows:
    """Samples as mappings, as Hugging Face has them."""

    def __init__(self, rows=40, length=12):
        random = numpy.random.default_rng(0)
        self.ids = random.integers(0, 50, (rows, length))
        self.labels = random.integers(0, 3, rows)

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, row):
        ids = self.ids[row]
        return {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "labels": self.labels[row]}  # fmt: skip


EXAMPLE_TOKENS = {
    name: torch.ones(2, 12, dtype=torch.int64)
    for name in ("input_ids", "attention_mask")
}


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.head = nn.Embedding(50, 8), nn.Linear(8, 3)

    def forward(self, input_ids, attention_mask):
        x = self.tokens(input_ids) * attention_mask[:, :, None]
        return self.head(x.sum(1))


def test_samples_of_named_fields(tmp_path):
    torch.manual_seed(0)
    model = Masked()
    job = amalgam.obfuscate(model, EXAMPLE_TOKENS, Rows(), job=tmp_path / "job", key=tmp_path / "key", start="keep", progress=False)  # fmt: skip
    found = amalgam.extract(job.path / "weights.safetensors", key=job.key)
    assert_same_state(found, model.state_dict())


class Branches(nn.Module):
    """Has another graph in eval."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(784, 10), nn.BatchNorm1d(10)

    def forward(self, x):
        y = self.b(self.a(x.flatten(1)))
        return y + torch.rand(y.shape[0], 1) if self.training else y * 2


def test_the_eval_graph_is_exported_where_it_is_another(tmp_path):
    for name, model in (("branches", Branches()), ("lenet", lenet())):
        job = job_of(tmp_path / name, model, digits(40), recipe=None)
        has_own = "def evaluate" in (job.path / "model.py").read_text()
        assert has_own == (name == "branches")


def test_the_model_is_left_as_it_was(tmp_path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.BatchNorm1d(10), nn.Dropout())  # fmt: skip
    model[2].eval()
    model[1].weight.requires_grad_(False)
    before = {n: t.clone() for n, t in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    state = torch.random.get_rng_state()
    job_of(tmp_path, model, digits(40), recipe=None)
    assert_same_state(before, model.state_dict())
    assert modes == [module.training for module in model.modules()]
    assert same_bits(state, torch.random.get_rng_state())


class DependsOnValues(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)

    def forward(self, x):
        if x.sum() > 0:  # in the way
            x = x * 2
        return self.layer(x.flatten(1))


class FixedBatch(DependsOnValues):
    def forward(self, x):
        return self.layer(x.reshape(4, 784))  # in the way too


def test_errors(tmp_path):
    with pytest.raises(amalgam.ExportError, match=r"(?s)torch.where.*in the way.*test_api.py"):  # fmt: skip
        job_of(tmp_path, DependsOnValues(), digits(20))
    with pytest.raises(amalgam.ExportError, match=r"(?s)batch size is used as a fixed number"):  # fmt: skip
        job_of(tmp_path, FixedBatch(), digits(20))
    with pytest.raises(amalgam.InvalidError, match="did you mean 'momentum'") as found:
        job_of(tmp_path, lenet(), digits(20), recipe=amalgam.Recipe(momentun=0.9))
    assert found.value.code == 3 and found.value.findings[0].where == "Recipe(momentun=…)"  # fmt: skip
    with pytest.raises(amalgam.InvalidError, match=r"samples of 'x' are \[3, 3\]"):
        job_of(tmp_path, lenet(), (numpy.zeros((8, 3, 3), numpy.uint8), numpy.arange(8)))  # fmt: skip
    with pytest.raises(amalgam.UnsupportedError, match="features are float64"):
        job_of(tmp_path, lenet(), (numpy.zeros((8, 1, 28, 28)), numpy.arange(8)))
    with pytest.raises(amalgam.UsageError, match="example_inputs are missing"):
        amalgam.obfuscate(lenet(), None, digits(20), job=tmp_path / "j", key=tmp_path / "k")  # fmt: skip
    with pytest.raises(amalgam.InvalidError, match="can be read once only"):
        job_of(tmp_path, lenet(), iter([]))
    assert not list(tmp_path.iterdir())
    job = job_of(tmp_path, lenet(), digits(20))
    with pytest.raises(amalgam.ExistsError):
        job_of(tmp_path, lenet(), digits(20))
    (tmp_path / "bad").write_bytes(b"no trained file")
    with pytest.raises(amalgam.DamagedError):
        amalgam.extract(tmp_path / "bad", key=job.key)
    with pytest.raises(amalgam.Error):
        amalgam.extract(tmp_path / "nowhere", key=job.key)


def test_ragged_rows_are_named(tmp_path):
    rows = [(numpy.zeros((1, 28, 28), numpy.uint8), 1)] * 5
    rows.append((numpy.zeros((1, 28, 27), numpy.uint8), 1))
    with pytest.raises(amalgam.InvalidError, match=r"row 5: 'x' is uint8 \[1, 28, 27\]"):  # fmt: skip
        job_of(tmp_path, lenet(), rows)


def test_the_interpreter_is_free_meanwhile(tmp_path):
    x = numpy.random.default_rng(0).integers(0, 256, (20_000, 1, 28, 28), numpy.uint8)
    y = numpy.arange(20_000) % 10
    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    start = time.perf_counter()
    job_of(tmp_path, lenet(), (x, y), decoys=3)
    passed = time.perf_counter() - start
    done.set()
    thread.join()
    assert counted[0] > 20 * passed  # none at all where the lock is held


def test_notebooks_show_the_streams(tmp_path):
    job = job_of(tmp_path, lenet(), digits(40), decoys=2)
    shown = job._repr_html_()
    assert shown.count("data:image/png;base64,") == 3 and "stays exact" not in shown
    assert "<table>" in shown and "sub-networks" in shown
    x, y = digits(40)
    real = job_of(tmp_path / "real", lenet(), ((x / 255).astype(numpy.float32), y), recipe=None)  # fmt: skip
    assert real._repr_html_().count("data:image/png;base64,") == 2
    tokens = amalgam.obfuscate(Masked(), EXAMPLE_TOKENS, Rows(), job=tmp_path / "t", key=tmp_path / "tk", progress=False)  # fmt: skip
    assert "image/png" not in tokens._repr_html_()


THIN = {
    "resnet18": {"width": 8},
    "vgg16": {"width": 8},
    "mobilenet_v2": {"width": 0.25},
    "text_cnn": {"vocabulary": 100},
    "lstm": {"vocabulary": 100},
    "transformer": {"vocabulary": 100},
}
LONG = ["densenet121"]  # of so many layers that its export alone takes long
QUICK = [(name, THIN.get(name, {})) for name in amalgam.zoo.MODELS if name not in LONG]
FULL = [pytest.param(name, {}, marks=pytest.mark.full) for name in [*THIN, *LONG]]


@pytest.mark.parametrize("name, sizes", [*QUICK, *FULL])
def test_zoo(tmp_path, name, sizes):
    shape = (20,) if name in ("text_cnn", "lstm", "transformer") else (1, 16, 16)
    torch.manual_seed(0)
    model = amalgam.zoo.MODELS[name](shape, 3, **sizes)
    rows = 24
    random = numpy.random.default_rng(0)
    if len(shape) == 1:
        fields = {"input_ids": random.integers(0, 100, (rows, 20))}
        if name == "transformer":
            fields["attention_mask"] = numpy.ones((rows, 20), numpy.int64)
    else:
        fields = {"x": random.random((rows, *shape), numpy.float32)}
    data = {**fields, "y": random.integers(0, 3, rows)}
    job = amalgam.obfuscate(model, amalgam.zoo.example(shape, name), data, recipe=amalgam.Recipe(batch_size=8), job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
    trained = train_job(job.path, tmp_path / "result", "--max-steps", 1)
    assert sorted(amalgam.extract(trained, key=job.key)) == sorted(model.state_dict())


def test_zoo_on_the_command_line(tmp_path):
    call = [warm_python(), "-m", "amalgam.zoo", "lenet5", "--shape", "1,28,28", "--classes", "10"]  # fmt: skip
    out = ["--out", str(tmp_path / "guest.pt2")]
    subprocess.run([*call, *out], check=True, capture_output=True)
    assert "lenet" not in run("inspect", tmp_path / "guest.pt2").stdout.lower()
    again = subprocess.run([*call, *out], capture_output=True, text=True)
    assert again.returncode == 1 and "nothing was overwritten" in again.stderr
    call[call.index("1,28,28")] = "1,28,27"
    bad = subprocess.run([*call, "--out", str(tmp_path / "b.pt2")], capture_output=True, text=True)  # fmt: skip
    assert bad.returncode == 1 and "expected [channels, size, size]" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_recipe_files(tmp_path):
    (tmp_path / "r.toml").write_text(f"[train]\nepochs = 3\nlr = 0.1\n{MNIST_INPUT}")
    recipe = amalgam.Recipe.read(tmp_path / "r.toml")
    assert recipe.train == {"epochs": 3, "lr": 0.1}
    assert recipe.input["scale"] == 255.0
    written = amalgam.Recipe(optimizer="adam", betas=[0.9, 0.99], text={"tokenizer": 'a "b".model'})  # fmt: skip
    (tmp_path / "r.toml").write_text(written.to_toml())
    recipe = amalgam.Recipe.read(tmp_path / "r.toml")
    assert recipe.train == written.train
    assert recipe.text == {"tokenizer": str(tmp_path / 'a "b".model')}
    (tmp_path / "r.toml").write_text('[[task]]\nname = "x"\n')
    with pytest.raises(amalgam.UsageError, match="arguments here"):
        amalgam.Recipe.read(tmp_path / "r.toml")


def test_the_command_of_the_package():
    call = [sys.executable, "-m", "amalgam", "--version"]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    assert said == run("--version").stdout == f"amalgam {amalgam.__version__}\n"
    assert AMALGAM.exists()


def test_types():
    call = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml"]
    found = subprocess.run(call, capture_output=True, text=True, cwd=ROOT)
    assert found.returncode == 0, found.stdout
