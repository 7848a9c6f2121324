"""Sub-networks that train apart: one at a time, or each in a process of its own; the bytes of all side by side."""

import json
import shutil
import signal

import pytest
import torch
from conftest import Job, Task, same_bits, torchrun, train_job, vectors
from safetensors.torch import load_file
from torch import nn
from trainer_runs import TRAIN, at_batch, refused, signal_self

EPOCHS = 5


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.Dropout(0.3), nn.Linear(9, 3))  # fmt: skip

    def forward(self, x):
        return self.layers(x)


def job_of(folder, tasks=2, decoys=2, more="", options=()):
    made = []
    for number in range(tasks):
        torch.manual_seed(number)
        x, y = vectors((6,), 40, 3, number)
        made.append(Task(f"task{number}", Net(), x, y, validation=(x[:12], y[:12])))
    train = TRAIN.replace("epochs = 2", f"epochs = {EPOCHS}").replace("batch_size = 8", "batch_size = 12").replace("0.01", "0.1")  # fmt: skip
    return Job(folder, made, train + more, options=("--decoys", decoys, *options)).path


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return job_of(tmp_path_factory.mktemp("lanes"), more="ema = 0.9\n[train.stop]\npatience = 1\n")  # fmt: skip


@pytest.fixture(scope="module")
def whole(job):
    return train_job(job, job.parent / "whole").parent


def contents(out):
    """All but checkpoints, and what lanes have of their own."""
    return {p.name: p.read_bytes() for p in out.iterdir() if p.is_file() and not p.name.startswith("checkpoint")}  # fmt: skip


def assert_same(out, whole):
    expected, found = contents(whole), contents(out)
    assert found.keys() == expected.keys()
    for name, content in expected.items():
        assert found[name] == content, name


def test_one_at_a_time(job, whole, tmp_path):
    """Files byte for byte, those of epochs in which some have stopped already among them."""
    assert len({line.split()[-1] for line in (whole / "metrics.jsonl").read_text().splitlines()}) > 4  # fmt: skip
    stops = {k: max(line["epoch"] for line in lines_of(whole) if line["sub-network"] == k) for k in range(4)}  # fmt: skip
    assert len(set(stops.values())) > 1, stops
    assert_same(train_job(job, tmp_path / "r", "--one-at-a-time").parent, whole)


def lines_of(out):
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]  # fmt: skip


@pytest.mark.parametrize("keep", ["last=1", "last=2,best", "best"])
def test_what_is_kept(job, tmp_path, keep):
    side_by_side = train_job(job, tmp_path / "whole", "--keep", keep).parent
    assert_same(train_job(job, tmp_path / "r", "--keep", keep, "--one-at-a-time").parent, side_by_side)  # fmt: skip


def test_stopped_and_continued(job, whole, tmp_path):
    """In the middle of an epoch, in two of the sub-networks; how it began decides how it goes on."""
    out = tmp_path / "r"
    for batch in (9, 24):
        with pytest.raises(SystemExit) as ended:
            options = ["--resume"] if out.exists() else ["--one-at-a-time"]
            train_job(job, out, *options, prepare=at_batch(batch, signal_self(signal.SIGTERM)))  # fmt: skip
        assert ended.value.code == 128 + signal.SIGTERM
    refused(job, out, says="holds a run of this job: --resume continues it")
    refused(job, out, "--resume", "--parallel", "rows", says="its sub-networks trained apart, and go on so")  # fmt: skip
    assert_same(train_job(job, out, "--resume").parent, whole)


def test_continued_apart_after_side_by_side(job, whole, tmp_path):
    out = tmp_path / "r"
    train_job(job, out, "--max-steps", 7)
    assert_same(train_job(job, out, "--resume", "--one-at-a-time").parent, whole)
    assert not list(out.glob("checkpoint*"))


def test_some_steps_of_each(job, tmp_path):
    side_by_side = train_job(job, tmp_path / "whole", "--max-steps", 7).parent
    apart = train_job(job, tmp_path / "r", "--max-steps", 7, "--one-at-a-time").parent
    assert_same(apart, side_by_side)
    train_job(job, tmp_path / "whole", "--resume")
    train_job(job, tmp_path / "r", "--resume")
    assert_same(apart, side_by_side)


def test_linked_ones_stay_together(tmp_path):
    job = job_of(tmp_path, decoys=2, options=("--links", 2))
    whole = train_job(job, tmp_path / "whole").parent
    apart = train_job(job, tmp_path / "r", "--one-at-a-time").parent
    assert_same(apart, whole)
    assert 1 < len(list((apart / "sub-networks").iterdir())) < 4


def run(job, out, processes, *options):
    return torchrun(job / "train.py", processes, "--device", "cpu", "--out", out, *options, check=False)  # fmt: skip


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_each_process_has_its_own(job, tmp_path, processes):
    """The bytes of one process on one thread, which torchrun sets."""
    whole = run(job, tmp_path / "whole", 1)
    assert whole.returncode == 0, whole.stderr[-2000:]
    options = [] if processes == 4 else ["--parallel", "subnetworks"]
    done = run(job, tmp_path / "r", processes, *options)
    assert done.returncode == 0, done.stderr[-2000:]
    assert_same(tmp_path / "r", tmp_path / "whole")
    assert done.stdout.count("finished; send back") == 1
    assert "each process computes on 1 thread, as OMP_NUM_THREADS says" in done.stdout
    assert done.stdout.count("sub-network 3: epoch 1 of 5") == 1


def test_on_another_number_of_processes(job, tmp_path):
    assert run(job, tmp_path / "whole", 1).returncode == 0
    assert run(job, tmp_path / "r", 2, "--parallel", "subnetworks", "--max-steps", 4).returncode == 0  # fmt: skip
    assert run(job, tmp_path / "r", 3, "--resume", "--max-steps", 8).returncode == 0
    done = run(job, tmp_path / "r", 1, "--resume")
    assert done.returncode == 0, done.stderr[-2000:]
    assert_same(tmp_path / "r", tmp_path / "whole")


def test_more_processes_than_sub_networks(tmp_path):
    """Two of three train one of them together, as any two would; the third trains the other as it would alone."""
    job = job_of(tmp_path, tasks=1, decoys=1)
    assert run(job, tmp_path / "whole", 1).returncode == 0
    done = run(job, tmp_path / "r", 3, "--parallel", "subnetworks")
    assert done.returncode == 0, done.stderr[-2000:]
    assert run(job, tmp_path / "two", 2, "--parallel", "rows").returncode == 0
    found, alone, together = (load_file(tmp_path / out / "trained.safetensors") for out in ("r", "whole", "two"))  # fmt: skip
    for name, tensor in found.items():
        expected = alone if name.startswith("subnetworks.0.") else together
        assert same_bits(tensor, expected[name]), name


def test_machines_without_a_common_folder(job, tmp_path):
    """Each process writes where it is; what the others trained is brought to the first."""
    assert run(job, tmp_path / "whole", 1).returncode == 0
    copies = []
    for number in range(2):
        copies.append(tmp_path / f"machine{number}")
        shutil.copytree(job, copies[-1] / "job")
    starter = tmp_path / "start.py"
    starter.write_text("import os, runpy, sys\nfolder = os.path.join(os.path.dirname(__file__), 'machine' + os.environ['RANK'])\nos.chdir(folder)\nsys.argv[0] = 'job/train.py'\nsys.path[0] = os.path.join(folder, 'job')\nrunpy.run_path('job/train.py', run_name='__main__')\n")  # fmt: skip
    done = torchrun(starter, 2, "--device", "cpu", "--out", "r", "--parallel", "subnetworks", check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert_same(copies[0] / "r", tmp_path / "whole")
    assert not (copies[1] / "r" / "trained.safetensors").exists()


def test_words_that_contradict(job, tmp_path):
    refused(job, tmp_path / "r", "--one-at-a-time", "--parallel", "rows", says="leave --parallel rows out")  # fmt: skip
