"""What the Python tests share: the command line, jobs trained in this process, plain PyTorch as the oracle."""

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch
from command_lines import (
    extract_call,
    import_from,
    load_network,
    obfuscate_call,
    one_thread,
)
from example_models import example_models, export_once
from real_data import read_mnist
from safetensors.torch import load_file
from warm_python import warm_python

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("AMALGAM_BUILD", ROOT / "build"))
AMALGAM = BUILD / "amalgam"
DATA = Path(os.environ.get("AMALGAM_DATA", ROOT.parent / "shared" / "data"))
SEED = "5eed" * 16

import plain_training  # noqa: E402 - from examples, whose place example_models knows
from export_model import export  # noqa: E402

torch.set_num_threads(1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """A model starts from the same values whatever the process tested before."""
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def kernels_as_before():
    """A job's train.py, run in this process, chooses deterministic kernels: the next test finds torch's own choice."""
    yield
    torch.use_deterministic_algorithms(False)
    torch.utils.deterministic.fill_uninitialized_memory = True


def run(*arguments, check=True, **options):
    """Runs the amalgam command; with check, it must succeed."""
    command = [str(AMALGAM), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, **options)
    if check:
        assert result.returncode == 0, result.stderr
    return result


OUTPUTS = ("--job", "--key", "--out", "--plain", "--report", "--json")


def outputs_there(arguments, folder):
    """Of the files that a command names as outputs (or reads), those that exist."""
    named = [b for a, b in itertools.pairwise(arguments) if a in OUTPUTS]
    return {str(path) for path in named if os.path.lexists(Path(folder or ".", path))}


def refused(*arguments, status=1, says="", **options):
    """The command must fail with this status and a clear line, and write nothing; returns the lines."""
    there = outputs_there(arguments, options.get("cwd"))
    result = run(*arguments, check=False, **options)
    assert outputs_there(arguments, options.get("cwd")) == there
    assert result.returncode == status, (
        result.returncode,
        result.stdout,
        result.stderr,
    )
    lines = result.stderr.splitlines()
    assert 1 <= len(lines) <= 20
    assert all(line.startswith("amalgam: ") for line in lines), lines
    assert says in result.stderr, result.stderr
    return lines


def plan_of(key):
    """The plan behind a key: a secret that only tests look at."""
    tool = BUILD / "tests" / "print_plan"
    text = subprocess.run(
        [tool, key], capture_output=True, text=True, check=True
    ).stdout
    return json.loads(text)


def digests(folder):
    """SHA-256 of each file, by its path in the folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
    }


def job_digest(job):
    """As the trainer's files name their job."""
    manifest = (job / "job.json").read_bytes()
    return hashlib.blake2b(manifest, digest_size=32).hexdigest()


def shards(job, split="train"):
    """The augmented samples, whatever files they are cut into."""
    parts = [load_file(path) for path in sorted((job / "data").glob(f"{split}-*"))]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def readme_blocks(language):
    """The README's pieces of code."""
    text = (ROOT / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def torchrun(script, processes, *arguments, check=True):
    """Runs a script on several processes, of one thread each."""
    call = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", processes, "--no-python", warm_python()]  # fmt: skip
    command = [str(part) for part in (*call, script, *arguments)]
    done = subprocess.run(command, env=one_thread(), capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done


def train_job(job, out, *arguments, prepare=None):
    """The job's own train.py, run in this process; prepare(trainer) may change it before."""
    before = sys.argv, list(sys.path), sys.modules.pop("model", None)
    trainer = import_from(job / "train.py", "job_trainer")
    if prepare:
        prepare(trainer)
    sys.argv = ["train.py", "--device", "cpu", "--out", str(out), *map(str, arguments)]
    try:
        trainer.main()
    finally:
        sys.argv, sys.path[:] = before[0], before[1]
        sys.modules.pop("model", None)
    return out / "trained.safetensors"


def metrics(out):
    """The lines that the trainer wrote, each of them valid JSON."""

    def never(text):
        raise AssertionError(f"{text} is not JSON")

    lines = (out / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line, parse_constant=never) for line in lines]


def same_bits(a, b):
    """Equal in dtype, shape and every bit, NaNs included."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return torch.equal(a.reshape(-1).view(torch.uint8), b.reshape(-1).view(torch.uint8))


def assert_same_state(extracted, state):
    assert sorted(extracted) == sorted(state)
    different = [
        name for name in state if not same_bits(extracted[name], state[name].detach())
    ]
    assert not different, different


def assert_start_of(start, task):
    """Every tensor of the state dict, in its form; those that training does not move with their own values."""
    assert {n: (t.shape, t.dtype) for n, t in start.items()} == {n: (t.shape, t.dtype) for n, t in task.initial.items()}  # fmt: skip
    trained = {n for n, p in task.model.named_parameters(remove_duplicate=False) if p.requires_grad}  # fmt: skip
    for name in start.keys() - trained:
        assert same_bits(start[name], task.initial[name]), name


def assert_same_outputs(module, model, outputs_of_both):
    """Law 2: equal in every bit in eval and in train mode, from the same random state.

    outputs_of_both: a pair of calls, the sub-network's and the plain model's.
    """
    for training in (False, True):
        found = []
        for one, call in zip((module, model), outputs_of_both, strict=True):
            one.train(training)
            torch.manual_seed(1)
            found.append(call().detach())
        assert same_bits(*found)


class Task:
    """A model in plain PyTorch, its data and its recipe: one side of the proof."""

    def __init__(self, name, model, x, y, recipe=None, validation=None, table="", eval_graph=False):  # fmt: skip
        self.name, self.model, self.x, self.y = name, model, x, y
        self.recipe = recipe or {}  # for plain_training
        self.table = table  # of recipe.toml: what differs from [train]
        self.validation = validation
        self.eval_graph = eval_graph  # whether it has another graph in eval
        self.initial = {n: t.detach().clone() for n, t in model.state_dict().items()}

    def write(self, folder, dtype=torch.float32):
        path = folder / f"{self.name}.pt2"
        if self.eval_graph:
            eval_path = folder / f"{self.name}-eval.pt2"
            export(self.model, self.sample_shape(), path, dtype, eval_path)
        else:
            export_once(self.model, self.sample_shape(), path, dtype)
        self.model.load_state_dict(self.initial)
        numpy.savez(folder / f"{self.name}.npz", x=self.x, y=self.y)
        if self.validation:
            x, y = self.validation
            numpy.savez(folder / f"{self.name}-valid.npz", x=x, y=y)

    def sample_shape(self):
        return self.x.shape[1:]

    def toml(self, kind="task"):
        lines = [f"[[{kind}]]"]
        if kind == "task":
            lines.append(f'name = "{self.name}"')
        lines.append(f'model = "{self.name}.pt2"\ndata = "{self.name}.npz"')
        if self.eval_graph:
            lines.append(f'eval_model = "{self.name}-eval.pt2"')
        if self.validation:
            lines.append(f'validation = "{self.name}-valid.npz"')
        return (
            "\n".join(lines) + "\n" + self.table.replace("[here.", f"[{kind}.") + "\n"
        )


class Job:
    """A job made by the command line, and what plain PyTorch makes of the same tasks."""

    def __init__(self, folder, tasks, train, guests=(), options=(), seed=SEED):
        self.folder, self.tasks, self._start = folder, tasks, None
        folder.mkdir(parents=True, exist_ok=True)
        for task in (*tasks, *guests):
            if not (folder / f"{task.name}.pt2").exists():
                task.write(folder)
        recipe = (
            train
            + "".join(t.toml() for t in tasks)
            + "".join(g.toml("decoy") for g in guests)
        )
        (folder / "recipe.toml").write_text(recipe)
        self.path, self.key, self.recipe = (
            folder / "job",
            folder / "home.key",
            folder / "recipe.toml",
        )
        self.output = run(*self.again(folder, "job", "home.key"), "--seed", seed, *options).stdout  # fmt: skip

    def again(self, folder, job="j", key="k"):
        """Arguments for another job of the same recipe."""
        return obfuscate_call(folder, model=None, data=None, recipe=self.recipe, job=job, key=key)  # fmt: skip

    def verified(self, *options):
        """What verify prints."""
        proof = ("--key", self.key, "--job", self.path, "--recipe", self.recipe)
        return run("verify", *proof, "--python", warm_python(), *options).stdout

    def plan(self):
        return plan_of(self.key)

    def stream(self, task):
        plan = self.plan()
        return plan["streams"][plan["wanted"][task.name]["subnetwork"]]

    def subnetwork(self, task):
        return self.plan()["wanted"][task.name]["subnetwork"]

    def module(self, task):
        """The task's sub-network, with its initial values."""
        return load_network(self.path).subnetworks[self.subnetwork(task)]

    def train(self, out="result", *arguments):
        return train_job(self.path, self.folder / out, *arguments)

    def extract(self, trained, out=None):
        """A dict of state dicts, by task."""
        there = len(list(self.folder.glob("extracted*")))
        path = self.folder / (out or f"extracted{there or ''}")
        run(*extract_call(self.key, trained, path))
        if path.is_dir():
            return {
                t.name: load_file(path / f"{t.name}.safetensors") for t in self.tasks
            }
        return {self.tasks[0].name: load_file(path)}

    def start(self, task):
        """The state dict that the task's training begins with."""
        if self._start is None:
            self._start = self.extract(self.path / "weights.safetensors", "start")
        return self._start[task.name]

    def plain(self, task, **options):
        """The state dict that plain training gives over the same rows."""
        task.model.load_state_dict(self.start(task))
        rows = torch.tensor(self.stream(task)["rows"])
        plain_training.train(task.model, task.x, task.y, rows, task.recipe, **options)
        return task.model.state_dict()


def images(shape, count, classes, seed, dtype=numpy.uint8):
    """Learnable pictures: each class has a pattern of its own."""
    random = numpy.random.default_rng(seed)
    y = random.integers(0, classes, count)
    patterns = random.normal(128, 50, (classes, *shape))
    x = patterns[y] + random.normal(0, 30, (count, *shape))
    x = x.clip(0, 255).astype(numpy.uint8)
    return (x / 255).astype(numpy.float32) if dtype == numpy.float32 else x, y


def vectors(shape, rows, classes, seed=0):
    """Samples of real numbers, and the classes in turn."""
    x = numpy.random.default_rng(seed).random((rows, *shape), numpy.float32)
    return x, numpy.arange(rows) % classes


def needs(path):
    """Skips the test where this data is not there."""
    if not path.exists():
        pytest.skip(f"{path} is not there")


def mnist(count=None, first=0):
    needs(DATA / "mnist")
    x, y = read_mnist(DATA)
    last = None if count is None else first + count
    return x[first:last].copy(), y[first:last]


MNIST_INPUT = "[input]\nscale = 255.0\nmean = [0.1307]\nstd = [0.3081]\n"
MNIST_PLAIN = {"scale": 255.0, "mean": [0.1307], "std": [0.3081]}
CIFAR_INPUT = (
    "[input]\nscale = 255.0\nmean = [0.49, 0.48, 0.45]\nstd = [0.25, 0.24, 0.26]\n"
)
CIFAR_PLAIN = {"scale": 255.0, "mean": [0.49, 0.48, 0.45], "std": [0.25, 0.24, 0.26]}

# The recipe's [train] and what plain_training takes, side by side.
OPTIMIZERS = {
    "sgd": (
        'optimizer = "sgd"\nlr = 0.05\nmomentum = 0.9\nweight_decay = 0.0005\n',
        {
            "optimizer": "SGD",
            "arguments": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.0005},
        },
    ),
    "adamw": (
        'optimizer = "adamw"\nlr = 0.002\nweight_decay = 0.01\n',
        {"optimizer": "AdamW", "arguments": {"lr": 0.002, "weight_decay": 0.01}},
    ),
    "rmsprop": (
        'optimizer = "rmsprop"\nlr = 0.001\nmomentum = 0.5\n',
        {"optimizer": "RMSprop", "arguments": {"lr": 0.001, "momentum": 0.5}},
    ),
}


def make_task(name, model_name, count=160, seed=0, recipe=None, classes=10, **options):
    constructor, shape = example_models()[model_name]
    torch.manual_seed(seed)
    x, y = images(shape, count, classes, seed)
    return Task(name, constructor(), x, y, recipe, **options)
