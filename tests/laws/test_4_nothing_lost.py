"""Law 4: extracting from the untrained job gives back exactly the user's state_dict(), at its start."""

import numpy
import pytest
import torch
from command_lines import extract_call
from conftest import Job, Task, assert_same_state, images, make_task, run
from example_models import example_models
from safetensors.torch import load_file
from test_3_same_training import EveryKind
from torch import nn

KEEP = ("--start", "keep")


def assert_nothing_lost(job):
    out = job.extract(job.path / "weights.safetensors")
    for task in job.tasks:
        assert_same_state(out[task.name], task.initial)


@pytest.mark.parametrize("name", example_models())
def test_every_example_model(tmp_path, name):
    assert_nothing_lost(
        Job(tmp_path, [make_task("mine", name, count=40)], "", options=KEEP)
    )


def test_tied_frozen_unused_and_infinite(tmp_path):
    x, y = images((12,), 40, 8, 3, numpy.float32)
    model = EveryKind()
    job = Job(tmp_path, [Task("mine", model, x, y)], "", options=KEEP)
    assert_nothing_lost(job)
    model.load_state_dict(load_file(tmp_path / "extracted"), strict=True)


class Strided(nn.Module):
    """Parameters whose elements lie apart in memory, views of one storage, scalars and every dtype of buffer."""

    def __init__(self):
        super().__init__()
        self.turned = nn.Parameter(torch.randn(6, 4).t())
        storage = torch.randn(40)
        self.low, self.high = (
            nn.Parameter(storage[:20].view(4, 5)),
            nn.Parameter(storage[20:].view(5, 4)),
        )
        for dtype in (
            torch.bool,
            torch.int8,
            torch.int16,
            torch.float16,
            torch.bfloat16,
            torch.float64,
        ):
            self.register_buffer(
                f"of_{str(dtype).split('.')[1]}", torch.ones(3).to(dtype)
            )
        self.register_buffer("count", torch.tensor(3))

    def forward(self, x):
        return (x @ self.low @ self.high + x @ self.turned.t()[:4] * 0)[
            :, :4
        ] + self.of_float64.sum().float()


def test_strides_offsets_scalars_and_dtypes(tmp_path):
    x, y = images((4,), 40, 4, 3, numpy.float32)
    assert_nothing_lost(
        Job(tmp_path, [Task("mine", Strided(), x, y)], "", options=KEEP)
    )


def test_three_tasks_and_one_of_them(tmp_path):
    tasks = [make_task(name, name, count=40) for name in ("MLP", "LeNet5", "ResNet18")]
    job = Job(tmp_path, tasks, "", options=KEEP)
    assert_nothing_lost(job)
    weights = job.path / "weights.safetensors"
    run(*extract_call(job.key, weights, tmp_path / "one", "--task", "LeNet5"))
    assert_same_state(load_file(tmp_path / "one"), tasks[1].initial)
