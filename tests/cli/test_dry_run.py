"""obfuscate --dry-run: what the real run says, to the byte, and nothing written."""

import os
import re
import shutil

import amalgam
import numpy
import pytest
import torch
from amalgam import _core
from command_lines import obfuscate_call
from conftest import SEED, make_task, refused, run, train_job
from example_models import export_once
from export_model import export_text
from system_calls import calls_of, run_with
from text_models import TextLSTM
from torch import nn

TRAIN = "[train]\nepochs = 3\nlr = 0.05\nmomentum = 0.9\n"
OTHER_SEED = "beef" * 16


def entries(folder):
    """Everything there, hidden or not, with its time and size."""
    return {p: (p.lstat().st_size, p.lstat().st_mtime_ns) for p in folder.rglob("*")}


def call_of(folder, *more, **places):
    return obfuscate_call(folder, *more, model=None, data=None, **places)


def dry_run(folder, *more, **places):
    """Its lines; nothing may be different afterwards."""
    before = entries(folder)
    said = run(*call_of(folder, "--dry-run", *more, **places)).stdout.splitlines()
    assert entries(folder) == before
    return said


def facts_of(folder, dry, job, key, **options):
    """As Python is given them, all digits of each."""
    options = {"dry_run": dry, "seed": None if "like" in options else SEED, **options}
    checked = _core.ObfuscateOptions(str(folder / "r.toml"), job, key, options)
    return _core.obfuscate(checked, str(folder / "r.toml"), [], [], None)


def images_alone(folder):
    valid = make_task("valid", "LeNet5", count=30, seed=5)
    task = make_task("one", "LeNet5", count=70, validation=(valid.x, valid.y))
    task.write(folder)
    return task.toml(), {"decoys": 2, "shard_bytes": 20_000}


def two_tasks_and_a_guest(folder):
    tasks = [make_task(n, m, count=c, seed=i) for i, (n, m, c) in enumerate([("a", "MLP", 80), ("b", "LeNet5", 60), ("g", "MLP", 90)])]  # fmt: skip
    for task in tasks:
        task.write(folder)
    return tasks[0].toml() + tasks[1].toml() + tasks[2].toml("decoy"), {"decoys": 1}


def the_papers_scheme(folder):
    task = make_task("one", "MLP", count=50)
    task.write(folder)
    return task.toml(), {"preset": "paper", "amount": 0.5, "links": 1}


def amounts_and_fitted_input(folder):
    task = make_task("one", "LeNet5", count=50)
    task.write(folder)
    return task.toml() + '[task.input]\nmean = "fit"\nstd = "fit"\n', {"model_amount": 2.0, "decoys": 2}  # fmt: skip


def one_alone(folder):
    task = make_task("one", "MLP", count=40)
    task.write(folder)
    return task.toml(), {"decoys": 0}


def table(folder):
    random = numpy.random.default_rng(0)
    lines = [f"{random.integers(18, 80)},{random.choice(['nurse', 'smith'])},{random.normal(38, 9):.2f},{random.choice(['no', 'yes'])}" for _ in range(90)]  # fmt: skip
    (folder / "people.csv").write_text("\n".join(["age,job,hours,rich", *lines, ""]))
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    export_once(model, (4,), folder / "m.pt2", torch.float32)
    return '[table]\n[[task]]\nname = "rich"\nmodel = "m.pt2"\n[task.data]\npath = "people.csv"\ntargets = "rich"\n', {}  # fmt: skip


def shared_rows(folder):
    """Two questions of one table."""
    settings, _ = table(folder)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
    export_once(model, (2,), folder / "m.pt2", torch.float32)
    settings = settings.replace("[table]", '[table]\nignore = ["job", "rich"]')
    return settings + '[[decoy]]\nmodel = "m.pt2"\n[decoy.data]\npath = "people.csv"\ntargets = "job"\n', {}  # fmt: skip


def text(folder):
    random = numpy.random.default_rng(0)
    words = [["sun", "warm", "light", "beach"], ["rain", "cold", "cloud", "storm"]]
    rows = (f"{i % 2},{' '.join(random.choice(words[i % 2], 6))}" for i in range(80))
    (folder / "news.csv").write_text("\n".join(rows) + "\n")
    export_text(TextLSTM(40, classes=2), 8, folder / "m.pt2")
    settings = '[text]\ntokenizer = "train:bpe:40"\nlength = 8\ntext_column = 1\nlabel_column = 0\n'  # fmt: skip
    return settings + '[[task]]\nname = "news"\nmodel = "m.pt2"\ndata = "news.csv"\n', {}  # fmt: skip


CASES = [images_alone, two_tasks_and_a_guest, the_papers_scheme, amounts_and_fitted_input, one_alone, table, shared_rows, text]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_says_what_the_real_run_says(tmp_path, case):
    tables, options = case(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    arguments = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]  # fmt: skip
    dry = dry_run(tmp_path, *arguments, "--seed", SEED)
    alone = dry_run(tmp_path, *arguments, "--seed", SEED, job=None, key=None)
    before = entries(tmp_path)
    exact = facts_of(tmp_path, True, "", "", **options)
    assert entries(tmp_path) == before
    real = run(*call_of(tmp_path, *arguments, "--seed", SEED)).stdout.splitlines()

    assert dry[1:-1] == real[1:-1]
    assert [line.replace("KEY.", f"{tmp_path}/key.") for line in alone] == dry
    (upload,) = re.findall(r" \((.*)\), key ", real[0])
    assert dry[0] == f"dry run       {upload}; nothing was written"
    assert dry[-1] == "next: the same without --dry-run"
    written = sum(p.stat().st_size for p in (tmp_path / "job").rglob("*") if p.is_file())  # fmt: skip
    assert exact["bytes"] == written and not exact["draws_anew"]

    job, key = str(tmp_path / "job-2"), str(tmp_path / "key-2")
    found = facts_of(tmp_path, False, job, key, **options)
    found["fitted"] = [path.replace(key, "KEY") for path in found["fitted"]]
    assert found == exact
    assert bool(found["fitted"]) == (case in (table, shared_rows, text))


@pytest.mark.parametrize("trained", [False, True])
def test_of_a_job_like_another(tmp_path, trained):
    """Notes of both jobs together are among what it says, and the old job's seed is taken."""
    tables, options = two_tasks_and_a_guest(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    run(*call_of(tmp_path, "--decoys", options["decoys"], "--seed", SEED, job="old", key="old.key"))  # fmt: skip
    more = ["--like", tmp_path / "old.key"]
    if trained:
        more += ["--trained", train_job(tmp_path / "old", tmp_path / "result", "--max-steps", 1)]  # fmt: skip
    (tmp_path / "r.toml").write_text(TRAIN.replace("3", "4") + tables)
    dry = dry_run(tmp_path, *more, "--decoys", 1)
    real = run(*call_of(tmp_path, *more, "--decoys", 1)).stdout.splitlines()
    assert dry[1:-1] == real[1:-1] and dry[0].split("; ")[0][14:] in real[0]
    assert any("With the old job: " in line for line in dry)


def test_starts_that_name_the_wanted_task_are_refused(tmp_path):
    """For which the start of each sub-network is compared with the old job's."""
    tables, _ = two_tasks_and_a_guest(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    run(*call_of(tmp_path, "--seed", SEED, "--start", "keep", job="old", key="old.key"))
    task = make_task("a", "MLP", count=80, seed=0)
    for tensor in task.initial.values():
        tensor.add_(1 if tensor.is_floating_point() else 0)
    task.model.load_state_dict(task.initial)
    (tmp_path / "a.pt2").unlink()
    task.write(tmp_path)
    again = call_of(tmp_path, "--like", tmp_path / "old.key", "--start", "keep")
    says = [refused(*again, *dry, says="would begin with other values than in the old job") for dry in ([], ["--dry-run"])]  # fmt: skip
    assert says[0] == says[1]


def test_without_a_seed_it_says_that_the_real_run_draws_anew(tmp_path):
    tables, _ = images_alone(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    said = dry_run(tmp_path, job=None, key=None)
    assert re.match(r"dry run       about \S+ .B to upload, 1 s at 100 Mbit/s; nothing", said[0])  # fmt: skip
    assert sum("the real run draws anew" in line for line in said) == 1
    assert not any("draws anew" in line for line in dry_run(tmp_path, "--seed", SEED))
    guess = facts_of(tmp_path, True, "", "", seed=None)
    assert guess["draws_anew"]
    found = facts_of(tmp_path, False, str(tmp_path / "j"), str(tmp_path / "k"), seed=OTHER_SEED)  # fmt: skip
    assert guess["bytes"] == pytest.approx(found["bytes"], rel=0.01)


def test_it_makes_no_file_even_for_a_moment(tmp_path):
    tables, _ = text(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    left = tmp_path / ".job.incomplete-0123456789ab"
    left.mkdir()  # as a killed run leaves it
    log = tmp_path / "calls"
    done = run_with("", *call_of(tmp_path, "--dry-run"), env={"AMALGAM_FAULT_LOG": str(log)})  # fmt: skip
    assert done.returncode == 0 and left.exists()
    assert not log.exists()  # it has a line for each call that makes or writes a file
    assert {"mkdir", "fsync"} <= set(calls_of(log, *call_of(tmp_path)))


def spoil(folder, what):
    if what == "no folder":
        return {"job": "none/job"}
    if what == "inside a job":
        for name in ("job.json", "train.py"):
            (folder / "sent").mkdir(exist_ok=True)
            (folder / "sent" / name).touch()
        return {"key": "sent/key"}
    if what == "one place":
        return {"job": "key"}
    if what == "the key inside":
        return {"key": "job/key"}
    if what == "no data":
        (folder / "one.npz").unlink()
        return {}
    if what == "the job is there":
        (folder / "job").mkdir()
    elif what == "a key is there":
        (folder / "key").touch()
    elif what == "both are there":
        (folder / "key").touch()
        (folder / "job").mkdir()
    elif what == "a recipe that is wrong":
        (folder / "r.toml").write_text("[train]\nlr = -1\n")
    return {}


WRONG = ["no folder", "inside a job", "one place", "the key inside", "no data", "the job is there", "a key is there", "both are there", "a recipe that is wrong"]  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_it_is_refused_as_the_real_run_is(tmp_path, what):
    tables, _ = one_alone(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    places = spoil(tmp_path, what)
    results = [run(*call_of(tmp_path, *dry, **places), check=False) for dry in (["--dry-run"], [])]  # fmt: skip
    assert results[0].stderr == results[1].stderr != ""
    assert results[0].returncode == results[1].returncode in (1, 2)
    assert not results[0].stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed(tmp_path):
    tables, _ = one_alone(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    (tmp_path / "closed").mkdir(mode=0o500)
    says = [refused(*call_of(tmp_path, *dry, job="closed/job")) for dry in (["--dry-run"], [])]  # fmt: skip
    assert says[0] == says[1]


def test_what_is_kept_beside_the_key_has_a_place_too(tmp_path):
    tables, _ = table(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    (tmp_path / "key.rich.table.json").touch()
    says = [refused(*call_of(tmp_path, *dry), says="key.rich.table.json: is already there") for dry in (["--dry-run"], [])]  # fmt: skip
    assert says[0] == says[1]
    dry_run(tmp_path, key=None)
    dry_run(tmp_path, job=None, key="other")


def test_job_and_key_are_missing_only_otherwise(tmp_path):
    tables, _ = one_alone(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    refused(*call_of(tmp_path, job=None), status=2, says="--job is required")
    refused(*call_of(tmp_path, key=None), status=2, says="--key is required")
    refused("obfuscate", "--dry-run", status=2, says="--recipe is required")
    assert dry_run(tmp_path, key=None)[0].startswith("dry run ")


# Beside the optimizer's own name: what is one state more, or is counted beside the states.
TRAINED = {
    **{name: f'optimizer = "{name}"\n' for name in ("sgd", "adam", "adamw", "rmsprop", "adagrad", "nadam", "radam", "adamax", "adadelta", "asgd", "rprop", "adafactor")},
    "muon": 'optimizer = "muon"\n',
    "sparseadam": 'optimizer = "sparseadam"\n',
    "momentum": 'momentum = 0.9\nnesterov = true\nloss = "cross_entropy"\n',
    "amsgrad": 'optimizer = "adam"\namsgrad = true\n',
    "not amsgrad": 'optimizer = "adamw"\namsgrad = false\n',
    "rmsprop and both": 'optimizer = "rmsprop"\nmomentum = 0.5\ncentered = true\n',
    "accumulate": 'optimizer = "adam"\naccumulate = 2\n',
    "ema": "momentum = 0.9\nema = 0.99\n",
    "bf16": 'optimizer = "adam"\nprecision = "bf16"\n',
    "frozen": 'optimizer = "adam"\nema = 0.9\n[[train.group]]\nmatch = "0.*"\nfreeze = true\n',
}  # fmt: skip


class Sparse(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(30, 4, sparse=True)

    def forward(self, x):
        return self.words(x).sum(1)


def model_for(name):
    if name == "muon":
        return nn.Sequential(nn.Linear(6, 8, bias=False), nn.ReLU(), nn.Linear(8, 4, bias=False))  # fmt: skip
    if name == "sparseadam":
        return Sparse()
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))  # fmt: skip


@pytest.mark.parametrize("name", TRAINED)
def test_the_disk_is_what_train_py_asks_for(tmp_path, name):
    random = numpy.random.default_rng(0)
    x = random.integers(0, 30, (40, 6)) if name == "sparseadam" else random.random((40, 6), numpy.float32)  # fmt: skip
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f"[train]\nepochs = 3\nbatch_size = 16\n{TRAINED[name]}")
    arguments = (model_for(name), torch.as_tensor(x[:4]), (x, numpy.arange(40) % 4))
    settings = {"recipe": recipe, "decoys": 1, "seed": SEED, "progress": False}
    dry = amalgam.obfuscate(*arguments, **settings, dry_run=True)
    job = amalgam.obfuscate(*arguments, **settings, job=tmp_path / "job", key=tmp_path / "key")  # fmt: skip
    asked = []

    def listen(trainer):
        trainer.Output.check_space = lambda _, needed, epochs: asked.append((needed, epochs))  # fmt: skip

    train_job(job.path, tmp_path / "result", "--max-steps", 1, prepare=listen)
    assert asked == [(dry.facts["disk"] - dry.facts["epochs_disk"], dry.facts["epochs_disk"])]  # fmt: skip
    assert f"{dry.facts['epochs']}" == "3" and dry.facts["disk"] == job.facts["disk"]


def test_in_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job").mkdir()  # the name that a real run would take
    task = make_task("task", "LeNet5", count=60)
    arguments = (task.model, torch.zeros(4, 1, 28, 28), (task.x, task.y))
    settings = {"recipe": amalgam.Recipe(lr=0.05, epochs=2), "progress": False, "seed": SEED}  # fmt: skip
    before = entries(tmp_path)
    dry = amalgam.obfuscate(*arguments, **settings, dry_run=True)
    assert entries(tmp_path) == before and isinstance(dry, amalgam.DryRun)
    with pytest.raises(amalgam.ExistsError, match="is already there"):
        amalgam.obfuscate(*arguments, **settings, dry_run=True, job="job")
    with pytest.raises(amalgam.ExistsError, match="is already there"):
        amalgam.obfuscate(*arguments, **settings)
    with pytest.raises(amalgam.UsageError, match="a dry run makes none"):
        amalgam.obfuscate(*arguments, **settings, dry_run=True, into=task.model)
    shutil.rmtree("job")
    job = amalgam.obfuscate(*arguments, **settings)
    assert job.facts == dry.facts
    assert dry.rows()[1:] == job.rows()[1:]
    assert dry.summary().startswith("dry run       ") and "at 100 Mbit/s; nothing was written" in dry.summary()  # fmt: skip
    assert "<table>" in dry._repr_html_() and "DryRun(" in repr(dry)
    del settings["seed"]
    anew = amalgam.obfuscate(*arguments, **settings, dry_run=True)
    assert "about" in anew.rows()[0][1] and "unless both have the same seed=" in anew.summary()  # fmt: skip


def test_python_prints_the_lines_of_the_command(tmp_path):
    tables, _ = two_tasks_and_a_guest(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN + tables)
    said = dry_run(tmp_path, "--seed", SEED)
    facts = facts_of(tmp_path, True, "", "")
    assert amalgam.DryRun(facts).summary().splitlines() == said[:-1]
    for size, seconds in ((10, "1 s"), (125e5, "1 s"), (150e6, "12 s"), (1.5e9, "120 s"), (2e9, "3 min"), (1e12, "23 h")):  # fmt: skip
        facts.update(bytes=size, upload_seconds=size * 8 / 1e8)
        assert f"to upload, {seconds} at" in amalgam.DryRun(facts).summary()
