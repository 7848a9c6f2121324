"""train.py on several processes: no warning that is wrong, and a resume to the same bytes."""

import pytest
import torch
from conftest import Job, Task, torchrun, vectors
from torch import nn
from trainer_runs import TRAIN, contents

SAYS_WRONGLY = "did not find any unused parameters"


class TwoHeads(nn.Module):
    """Its second output reaches no loss: the parameters behind it get no gradient."""

    def __init__(self):
        super().__init__()
        self.body, self.norm = nn.Linear(6, 9), nn.BatchNorm1d(9)
        self.logits, self.other = nn.Linear(9, 3), nn.Linear(9, 2)

    def forward(self, x):
        x = torch.relu(self.norm(self.body(x)))
        return {"logits": self.logits(x), "other": self.other(x)}


def job_of(folder, model):
    x, y = vectors((6,), 60, 3)
    task = Task("mine", model, x, y, validation=(x[:12], y[:12]))
    return Job(folder, [task], TRAIN.replace("batch_size = 8", "batch_size = 12")).path


def plain():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.Dropout(0.3), nn.Linear(9, 3))  # fmt: skip


def trained(job, out, processes, *options):
    done = torchrun(job / "train.py", processes, "--device", "cpu", "--out", out, "--parallel", "rows", *options, check=False)  # fmt: skip
    assert SAYS_WRONGLY not in done.stderr
    return done


@pytest.mark.parametrize("model", [plain, TwoHeads])
def test_no_wrong_warning(tmp_path, model):
    done = trained(job_of(tmp_path, model()), tmp_path / "r", 2)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "finished; send back" in done.stdout
    assert done.stdout.count("epoch ") == 2  # by the first process alone


@pytest.mark.full
@pytest.mark.parametrize("model", [plain, TwoHeads])
@pytest.mark.parametrize("processes", [2, 3])
def test_resumed_on_several_processes(tmp_path, model, processes):
    """With three, sums depend on the order of buckets, which a first backward settles."""
    job = job_of(tmp_path, model())
    assert trained(job, tmp_path / "whole", processes).returncode == 0
    out = tmp_path / "r"
    assert trained(job, out, processes, "--max-steps", 3).returncode == 0
    refused = trained(job, out, processes)
    assert refused.returncode == 1 and "unfinished run" in refused.stderr
    assert trained(job, out, processes, "--resume").returncode == 0
    assert contents(out) == contents(tmp_path / "whole")
