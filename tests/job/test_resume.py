"""What train.py continues, and what it refuses to continue or to start over."""

import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest
import torch
from conftest import job_digest, metrics
from damage import cut, damaged, flipped
from safetensors import safe_open
from safetensors.torch import load_file
from trainer_runs import (
    CHECKPOINTS,
    TRAIN,
    at_batch,
    contents,
    refused,
    run,
    signal_self,
    small_job,
)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return small_job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def whole(job, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "result"
    run(job, out)
    return contents(out)


def test_what_a_run_leaves(job, whole):
    names = ["best.safetensors", "epoch-001.safetensors", "epoch-002.safetensors", "metrics.jsonl", "trained.safetensors"]  # fmt: skip
    assert sorted(whole) == names
    assert whole["trained.safetensors"] == whole["epoch-002.safetensors"]


def test_files_name_their_job(job, tmp_path):
    run(job, tmp_path / "r", "--max-steps", 6)
    for name in (*CHECKPOINTS, "trained.safetensors", "epoch-001.safetensors"):
        with safe_open(tmp_path / "r" / name, "pt") as file:
            found = file.metadata()
        assert found["job"] == job_digest(job) and found["format"] == "pt"
        assert found.get("kind") == ("checkpoint" if name in CHECKPOINTS else None)


@pytest.mark.parametrize("stops", [[1], [5], [3, 7], [1, 2, 5, 6, 9]])
def test_stopped_by_steps(job, whole, tmp_path, stops):
    for i, stop in enumerate(stops):
        run(job, tmp_path / "r", "--max-steps", stop, *["--resume"] * (i > 0))
        assert load_file(tmp_path / "r" / "trained.safetensors")
    run(job, tmp_path / "r", "--resume")
    assert contents(tmp_path / "r") == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("batch, rows", [(1, "rows"), (5, "rows"), (7, "rows"), (1, "held out"), (4, "held out")])  # fmt: skip
def test_signals_save(job, whole, tmp_path, capsys, number, batch, rows):
    before = signal.getsignal(number)
    with pytest.raises(SystemExit) as ended:
        run(job, tmp_path / "r", prepare=at_batch(batch, signal_self(number), rows))
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) == before
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert number.name in said and "--resume" in said
    assert not (tmp_path / "r" / "trained.safetensors").exists()
    run(job, tmp_path / "r", "--resume")
    assert contents(tmp_path / "r") == whole


def test_a_second_signal_ends_at_once(job, tmp_path):
    program = f"""
import sys
sys.path.insert(0, {str(os.path.dirname(__file__))!r})
sys.path.insert(0, {str(os.path.dirname(os.path.dirname(__file__)))!r})
import os, signal, pathlib, trainer_runs
def twice():
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
trainer_runs.run(pathlib.Path({str(job)!r}), pathlib.Path({str(tmp_path / "r")!r}), prepare=trainer_runs.at_batch(2, twice))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # fmt: skip
    assert done.returncode == -signal.SIGTERM, done.stderr
    assert "a second signal ends at once" in done.stderr


def test_a_checkpoint_after_every_batch(job, whole, tmp_path):
    class Killed(Exception):
        pass

    def kill():
        raise Killed

    with pytest.raises(Killed):
        run(job, tmp_path / "r", "--checkpoint-minutes", 0, prepare=at_batch(4, kill))
    with safe_open(tmp_path / "r" / CHECKPOINTS[1], "pt") as file:
        assert json.loads(file.metadata()["notes"])["progress"] == [0, 3, 3]
    run(job, tmp_path / "r", "--resume")
    assert contents(tmp_path / "r") == whole


def test_an_unfinished_run_is_not_started_over(job, tmp_path):
    out = tmp_path / "r"
    run(job, out, "--max-steps", 3)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    refused(job, out, says=["unfinished run (batch 3 of 10)", "--resume"])
    refused(job, out, "--max-steps", 5, says="unfinished run")
    (out / "trained.safetensors").unlink()  # as a kill leaves it
    refused(job, out, says="unfinished run")
    del before["trained.safetensors"]
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


@pytest.mark.parametrize("left", ["trained.safetensors", "epoch-001.safetensors", "metrics.jsonl"])  # fmt: skip
def test_results_of_others_are_not_overwritten(job, tmp_path, left):
    (tmp_path / left).write_bytes(b"x")
    refused(job, tmp_path, says=[left, "already there"])
    assert [p.name for p in tmp_path.iterdir()] == [left]


def test_resumed_after_the_end(job, whole, tmp_path, capsys):
    out = tmp_path / "r"
    run(job, out)
    refused(job, out, says="finished run")
    times = {p: p.stat().st_mtime_ns for p in out.iterdir()}
    run(job, out, "--resume")
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == f"finished; send back {out / 'trained.safetensors'}"
    assert {p: p.stat().st_mtime_ns for p in out.iterdir()} == times
    (out / "trained.safetensors").unlink()  # killed before it was written
    run(job, out, "--resume")
    assert contents(out) == whole


def test_fewer_steps_than_were_done(job, tmp_path, capsys):
    run(job, tmp_path / "r", "--max-steps", 6)
    before = contents(tmp_path / "r")
    run(job, tmp_path / "r", "--max-steps", 2, "--resume")
    assert "after 6 of 10 batches" in capsys.readouterr().out
    assert contents(tmp_path / "r") == before


def test_nothing_to_resume(job, tmp_path):
    refused(job, tmp_path / "none", "--resume", says="nothing to resume")
    assert not (tmp_path / "none").exists()
    refused(job, tmp_path, "--resume", says="no checkpoint to resume from")


def test_what_a_killed_run_leaves_is_removed(job, whole, tmp_path, capsys):
    left = [tmp_path / f"{name}.incomplete" for name in (CHECKPOINTS[0], "trained.safetensors", "epoch-007.safetensors")]  # fmt: skip
    for path in left:
        path.write_bytes(b"half")
    other = tmp_path / "mine.incomplete"
    other.write_bytes(b"mine")
    run(job, tmp_path, "--resume")
    assert "starting from the beginning" in capsys.readouterr().err
    assert other.exists() and not any(path.exists() for path in left)
    other.unlink()
    assert contents(tmp_path) == whole


@pytest.mark.parametrize("train", [TRAIN, TRAIN.replace("0.01", "0.02")])
def test_another_jobs_checkpoint(job, tmp_path, train):
    """Other data or another recipe: of the same form, so that only the job's digest tells."""
    other = small_job(tmp_path / "other", train, seed=1 if train == TRAIN else 0)
    run(job, tmp_path / "r", "--max-steps", 3)
    before = contents(tmp_path / "r")
    refused(other, tmp_path / "r", "--resume", says="was made by another job")
    refused(other, tmp_path / "r", says="was made by another job")
    assert contents(tmp_path / "r") == before


def test_other_settings(job, tmp_path, monkeypatch, capsys):
    out = tmp_path / "r"
    run(job, out, "--max-steps", 3)
    before = contents(out)
    try:
        refused(job, out, "--resume", "--fast", says="--fast False")
    finally:
        torch.backends.cudnn.benchmark = False
    refused(job, out, "--resume", "--compile", says="--compile False")
    torch.set_num_threads(2)
    try:
        refused(job, out, "--resume", says=["threads 1", "OMP_NUM_THREADS=1"])
    finally:
        torch.set_num_threads(1)
    assert contents(out) == before
    capsys.readouterr()
    monkeypatch.setattr(torch, "__version__", "2.99.0")
    run(job, out, "--resume", "--max-steps", 4)
    said = capsys.readouterr().err
    assert "was made with PyTorch 2.13.0" in said and "2.99.0" in said


DAMAGE = {
    "a bit of the end": flipped(-1),
    "a bit of the middle": lambda data: flipped(len(data) // 2)(data),
    "a bit of the metadata": flipped(b"steps"),
    "cut": cut(100),
    "empty": lambda data: b"",
    "longer": lambda data: data + b"x",
    "text": lambda data: b"not a checkpoint at all",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_checkpoints(job, whole, tmp_path, capsys, damage):
    out = tmp_path / "r"
    run(job, out, "--max-steps", 7)  # saves before the first step, after 5 and 7
    with safe_open(out / CHECKPOINTS[0], "pt") as file:
        assert json.loads(file.metadata()["notes"])["progress"] == [1, 2, 7]
    damaged(out / CHECKPOINTS[0], DAMAGE[damage])
    second = (out / CHECKPOINTS[1]).read_bytes()
    run(job, out, "--resume")
    assert f"{CHECKPOINTS[0]}: is damaged" in capsys.readouterr().err
    assert contents(out) == whole
    (out / CHECKPOINTS[1]).write_bytes(second)
    for name in CHECKPOINTS:
        damaged(out / name, DAMAGE[damage])
    refused(job, out, "--resume", says=[*CHECKPOINTS, "is damaged"], lines=2)


def test_two_at_once(job, tmp_path):
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    refused(job, tmp_path, says="another train.py is writing there")
    os.close(folder)
    run(job, tmp_path, "--max-steps", 1)


def test_metrics_are_json_and_each_line_is_there_once(tmp_path):
    job = small_job(tmp_path, "[train]\nepochs = 3\nbatch_size = 8\noptimizer = 'sgd'\nlr = 1e18\n", validation=False)  # fmt: skip
    run(job, tmp_path / "r", "--max-steps", 7)
    with open(tmp_path / "r" / "metrics.jsonl", "a") as file:
        file.write('{"split": "train", "epo')  # a kill inside a write
    run(job, tmp_path / "r", "--resume")
    found = metrics(tmp_path / "r")
    assert any(line["loss"] is None for line in found)
    keys = [(line["split"], line["epoch"], line["step"], line["sub-network"]) for line in found]  # fmt: skip
    assert keys == [("train", e, 5 * e, k) for e in (1, 2, 3) for k in range(2)]


def test_the_order_of_memory_survives(tmp_path):
    """An optimizer's tensors lie in memory as their parameters do, also after a resume."""
    import numpy
    from conftest import Job, Task
    from torch import nn

    torch.manual_seed(0)
    layers = nn.Conv2d(3, 7, 3), nn.ReLU(), nn.Flatten(), nn.Linear(7 * 36, 3)
    model = nn.Sequential(*layers).to(memory_format=torch.channels_last)
    x = numpy.random.default_rng(0).random((40, 3, 8, 8), numpy.float32)
    path = Job(tmp_path, [Task("mine", model, x, numpy.arange(40) % 3)], TRAIN).path
    seen = []

    def prepare(trainer):
        step = trainer.Learner.step

        def watched(self):
            step(self)
            states = self.optimizer.state.items()
            seen.extend((p.stride(), s["exp_avg"].stride()) for p, s in states)

        trainer.Learner.step = watched

    run(path, tmp_path / "whole")
    run(path, tmp_path / "r", "--max-steps", 3)
    run(path, tmp_path / "r", "--resume", prepare=prepare)
    assert seen and all(a == b for a, b in seen)
    assert any(stride[1] == 1 for stride, _ in seen if len(stride) == 4)
    assert contents(tmp_path / "r") == contents(tmp_path / "whole")
