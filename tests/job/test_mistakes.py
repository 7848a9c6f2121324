"""Mistakes with train.py: a line each, status 1, no traceback, and nothing half-done."""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_lines import train_call
from conftest import metrics
from damage import damaged, edited_json
from safetensors import safe_open
from safetensors.torch import load_file
from trainer_runs import contents, refused, run, small_job

TEMPLATES = Path(__file__).resolve().parents[2] / "src" / "job" / "templates"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_job(tmp_path_factory.mktemp("job"))


@pytest.fixture
def job(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "job"))


@pytest.mark.parametrize(
    "options, says",
    [
        (["--max-steps", "-1"], "-1"),
        (["--max-steps", "0"], "expected 1 or more"),
        (["--max-steps", "many"], "--max-steps"),
        (["--max-steps", "1.5"], "--max-steps"),
        (["--max-steps"], "--max-steps"),
        (["--device", "cuda"], "finds 0 GPUs"),
        (["--device", "cuda:7"], "finds 0 GPUs"),
        (["--device", "nonsense"], "expected cpu, cuda"),
        (["--device", "cuda:x"], "expected cpu, cuda"),
        (["--device", "meta"], "expected cpu, cuda"),
        (["--device", ""], "expected cpu, cuda"),
        (["--checkpoint-minutes", "-1"], "expected 0 or more"),
        (["--checkpoint-minutes", "nan"], "expected 0 or more"),
        (["--unknown"], "--unknown"),
        (["more"], "more"),
    ],
)
def test_options(made, tmp_path, options, says, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused(made, tmp_path / "r", *options, says=says)
    assert not (tmp_path / "r").exists()


def test_places_that_cannot_be_written(made, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    refused(made, file, says=["file", "is a file"])
    refused(made, file, "--resume", says="is a file")
    refused(made, file / "below", says="cannot be made")
    refused(made, "/proc/none", says="cannot be made")
    refused(made, "/dev/null", says="is a file")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    refused(made, tmp_path / "link", says="cannot be made")
    refused(made, "/proc/self", says="/proc/self: ")
    assert file.read_text() == "mine"


def edited(**changes):
    def edit(manifest):
        for path, value in changes.items():
            *folders, last = path.split("__")
            inner = manifest
            for name in folders:
                inner = inner[int(name) if name.isdecimal() else name]
            if value is None:
                del inner[last]
            else:
                inner[last] = value

    return edited_json(edit)


MANIFESTS = {
    "empty": (lambda text: b"", "is damaged"),
    "cut": (lambda text: text[:200], "is damaged"),
    "zeros": (lambda text: bytes(100), "is damaged"),
    "no text": (lambda text: b"\xff\xfe" + text, "is damaged"),
    "deep": (lambda text: b"[" * 100_000, "is damaged"),
    "a list": (lambda text: b"[]", "expected dict"),
    "a number": (lambda text: b"7", "expected dict"),
    "no training": (edited(training=None), "training: is missing"),
    "no format": (edited(format=None), "format: is missing"),
    "format 3": (edited(format=3), "format 3"),
    "no epochs": (edited(training__epochs=None), "epochs: is missing"),
    "0 epochs": (edited(training__epochs=0), "expected int >= 1"),
    "true epochs": (edited(training__epochs=True), "expected int >= 1"),
    "batches of text": (edited(training__batch_size="8"), "batch_size"),
    "no optimizer": (
        edited(subnetworks__0__recipe__optimizer=None),
        "[0]: recipe: optimizer",
    ),
    "no schedule": (edited(subnetworks__1__recipe__schedule=[]), "expected dict"),
    "no shards": (edited(shards__train=None), "train: is missing"),
    "no files": (edited(files={}), "lacks 'model.py'"),
    "a digest of text": (edited(digest_piece="1"), "digest_piece"),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_damaged_manifests(job, tmp_path, name):
    change, says = MANIFESTS[name]
    damaged(job / "job.json", change)
    lines = 5 if name == "no files" else 1
    refused(job, tmp_path / "r", says=[says, "job.json", "copy it again"] if name != "format 3" else says, lines=lines)  # fmt: skip
    assert not (tmp_path / "r").exists()


SHARD = "data/train-00000-of-00001.safetensors"


@pytest.mark.parametrize("name", ["job.json", "model.py", "weights.safetensors", SHARD])
def test_missing_and_damaged_files(job, tmp_path, name):
    path = job / name
    content = path.read_bytes()
    path.unlink()
    refused(job, tmp_path / "r", says=[name, "is missing"])
    path.mkdir()
    refused(job, tmp_path / "r", says=name)
    path.rmdir()
    if name != "job.json":
        for bad in (content[:-1], content + b"\n", b"", content[:-1] + b"\x07"):
            path.write_bytes(bad)
            refused(job, tmp_path / "r", says=[name, "is damaged or changed"])
    assert not (tmp_path / "r").exists()


def test_every_damage_is_named(job, tmp_path):
    for name in ("model.py", "weights.safetensors"):
        (job / name).write_bytes(b"")
    shutil.rmtree(job / "data")
    says = ["model.py", "weights.safetensors", "data/train", "data/valid"]
    refused(job, tmp_path / "r", says=says, lines=4)


def test_what_people_may_change(job, tmp_path):
    (job / "train.ipynb").write_text("a notebook that was run")
    (job / "README.md").unlink()
    (job / "requirements.txt").write_text("torch==2.13.0\n")
    run(job, tmp_path / "r", "--max-steps", 1)


def fails_at(call, code, name="fsync"):
    """A disk that fails at the n-th call."""
    original, seen = getattr(os, name), []

    def fail(*arguments):
        seen.append(1)
        if len(seen) == call:
            raise OSError(code, os.strerror(code))
        return original(*arguments)

    return fail


# The calls of fsync: file and folder of the first save, of the epoch's weights, metrics, the second save.
@pytest.mark.parametrize("call", [1, 3, 4, 5, 6, 8])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails(made, tmp_path, monkeypatch, call, code):
    whole = tmp_path / "whole"
    run(made, whole)
    out = tmp_path / "r"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails_at(call, code))
        refused(made, out, says=["cannot be written", os.strerror(code)])
    assert not list(out.glob("*.incomplete"))
    run(made, out, *["--resume"] * (call > 1))
    assert contents(out) == contents(whole)


def test_a_disk_that_is_full_from_the_start(made, tmp_path):
    """By the limit of file sizes: nothing is trained, and nothing is left."""
    command = train_call(made, tmp_path / "r")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    done = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "checkpoint.safetensors: cannot be written" in done.stderr
    assert list((tmp_path / "r").iterdir()) == []


def test_too_little_space_is_said(made, tmp_path, monkeypatch, capsys):
    def free(size):
        usage = shutil.disk_usage(tmp_path)._replace(free=size)
        return lambda path: usage

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", free(1000))
        refused(made, tmp_path / "r", says=["are needed there", "0.0 MB are free"])
    assert list((tmp_path / "r").iterdir()) == []
    found = []

    def prepare(trainer):
        check = trainer.Output.check_space

        def watched(self, needed, epochs):
            found.append((needed, epochs))
            patch.setattr(shutil, "disk_usage", free(needed))
            check(self, needed, epochs)

        trainer.Output.check_space = watched

    with monkeypatch.context() as patch:
        run(made, tmp_path / "r", prepare=prepare)
    assert "move them away in time" in capsys.readouterr().err
    with safe_open(tmp_path / "r" / "checkpoint-2.safetensors", "pt") as file:
        checkpoint = sum(file.get_tensor(name).nbytes for name in file.keys())  # noqa: SIM118
    weights = load_file(tmp_path / "r" / "trained.safetensors").values()
    weights = sum(tensor.nbytes for tensor in weights)
    [(needed, epochs)] = found
    assert epochs == 2 * weights
    # Random states and sums are left out: they are small where space matters.
    assert checkpoint - 20_000 < (needed - 2 * weights) / 3 <= checkpoint


def with_stub(folder, name, text):
    (folder / f"{name}.py").write_text(text)
    return {**os.environ, "PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    "name, text, says",
    [
        ("numpy", "raise ModuleNotFoundError(\"No module named 'numpy'\")", "No module named 'numpy'"),
        ("safetensors", "raise ImportError('libc is too\\nold')", "libc is too old"),
        ("torch", "raise OSError('libgomp.so.1: cannot open shared object file')", "libgomp"),
        ("tqdm", "1 / 0", "division by zero"),
        ("torch", "__version__ = '2.4.1+cu121'", "is 2.4.1+cu121, and 2.9 or later is needed"),
    ],
)  # fmt: skip
def test_packages_that_are_missing(made, tmp_path, name, text, says):
    command = [sys.executable, made / "train.py", "--out", tmp_path / "r"]
    done = subprocess.run(command, env=with_stub(tmp_path, name, text), capture_output=True, text=True)  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if line.startswith(f"{name}: ")]
    assert done.returncode == 1 and len(lines) == 1, done.stderr
    assert says in lines[0] and lines[0].endswith(": pip install -r requirements.txt")
    assert "Traceback" not in done.stderr and not (tmp_path / "r").exists()


def test_a_bare_python(made, tmp_path):
    """Every package is named, in one line each."""
    command = [sys.executable, "-I", "-S", made / "train.py", "--out", tmp_path / "r"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    names = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert names == ["torch", "numpy", "safetensors", "tqdm"]


def test_the_list_of_packages(made):
    from conftest import import_from

    listed = (TEMPLATES / "requirements.txt").read_text().split()
    required = import_from(made / "train.py", "template").REQUIRED
    assert listed == [f"{name}>={oldest}" for name, oldest in required.items()]


def test_too_little_memory_and_kernels_that_vary(made, tmp_path):
    for message, says in (
        ("[enforce fail at alloc_cpu.cpp:124] . DefaultCPUAllocator: can't allocate memory", "memory is too small"),
        ("put_ does not have a deterministic implementation, but you set ...", "--fast"),
    ):  # fmt: skip

        def prepare(trainer, message=message):
            def fail(*_):
                raise RuntimeError(message)

            trainer.Learner.train_batch = fail

        refused(made, tmp_path / "r", says=["cpu: ", says], prepare=prepare)
        shutil.rmtree(tmp_path / "r")


def test_without_a_terminal(made, tmp_path):
    """Whose the losses are, a line an epoch, and what to send back; nothing else."""
    command = train_call(made, tmp_path / "r")
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    disk, legend, first, second, last = done.stdout.splitlines()
    assert "for checkpoints and weights; " in disk and disk.endswith("MB are free")
    assert legend == "losses: of sub-networks 0 to 1, in this order"
    assert last == f"finished; send back {tmp_path / 'r' / 'trained.safetensors'}"
    for number, line in enumerate((first, second)):
        kinds = "train", "valid"
        losses = [[f"{m['loss']:.3f}" for m in metrics(tmp_path / "r") if m["split"] == kind and m["epoch"] == number + 1] for kind in kinds]  # fmt: skip
        assert line.startswith(f"epoch {number + 1} of 2: loss {' '.join(losses[0])} held out {' '.join(losses[1])} (")  # fmt: skip
        assert line.endswith(" s)")


def test_on_a_terminal(made, tmp_path):
    """A bar, and the last line says what to send back."""
    import fcntl
    import pty
    import struct
    import termios

    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
    command = train_call(made, tmp_path / "r")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end, text=True)
    os.close(end)
    shown = b""
    with contextlib.suppress(
        OSError
    ):  # what a terminal says when its other end is closed
        while part := os.read(terminal, 1 << 16):
            shown += part
    os.close(terminal)
    said, shown = process.communicate()[0], shown.decode()
    assert "training: 100%" in shown and "10/10" in shown and "loss=" in shown
    _, legend, last = said.splitlines()
    assert legend == "losses: of sub-networks 0 to 1, in this order"
    assert last == f"finished; send back {tmp_path / 'r' / 'trained.safetensors'}"


def test_a_standard_output_that_is_gone(made, tmp_path):
    """Must not end the training."""
    command = train_call(made, tmp_path / "r")
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert (tmp_path / "r" / "trained.safetensors").exists()


def test_a_disk_that_takes_half_a_line(made, tmp_path):
    """Lines are there whole or not at all."""
    run(made, tmp_path / "whole")
    seen = []

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, text):
            seen.append(1)
            return self.file.write(text[: 20 if len(seen) == 3 else None])

        def truncate(self, size):
            self.file.truncate(size)

    def prepare(trainer):
        def full(path, mode="r", **more):
            file = open(path, mode, **more)  # noqa: SIM115
            return Full(file) if mode == "ab" else file

        trainer.open = full

    refused(made, tmp_path / "r", says="No space left", prepare=prepare)
    assert len(metrics(tmp_path / "r")) == 4
    run(made, tmp_path / "r", "--resume")
    assert contents(tmp_path / "r") == contents(tmp_path / "whole")
