"""Law 1: gathering a task's stream from the augmented samples gives its samples and targets, byte for byte."""

import models
import numpy
import pytest
import torch
from conftest import MNIST_INPUT, Job, Task, images, mnist, shards


def gathered(job, task, split="train"):
    """What the cloud's model reads of the samples for this task."""
    stream, batch = job.stream(task), shards(job.path, split)
    module = job.module(task)
    column = f"x.{torch.as_tensor(task.x).dtype}".replace("torch.", "")
    assert module.positions.tolist() == stream["positions"][0]
    return batch[column].index_select(1, module.positions), module.target(batch)


@pytest.mark.parametrize("kinds", [1, 2, 4])
def test_mnist_comes_back_from_any_number_of_streams(tmp_path, kinds):
    x, y = mnist(600)
    task = Task("digits", models.LeNet5(), x.reshape(-1, 1, 28, 28), y)
    options = ("--decoys", kinds - 1, "--shard-bytes", 300_000)
    job = Job(tmp_path, [task], MNIST_INPUT, options=options)
    rows = job.stream(task)["rows"]
    found_x, found_y = gathered(job, task)
    assert sorted(rows) == list(range(600))
    assert rows != sorted(rows)
    assert found_x.numpy().tobytes() == x[rows].tobytes()
    assert found_y.numpy().tobytes() == y[rows].tobytes()
    assert len(list((job.path / "data").iterdir())) == -(
        -600 // (300_000 // (kinds * (784 + 8)))
    )


def test_dtypes_shapes_and_targets_of_every_kind(tmp_path):
    random = numpy.random.default_rng(1)
    tasks = [
        Task("bytes", models.MLP(48), *images((3, 4, 4), 50, 10, 1)),
        Task("floats", models.MLP(20), *images((20,), 70, 10, 2, numpy.float32)),
        Task("ints", models.MLP(9), random.integers(-5, 5, (60, 9), numpy.int32), random.integers(0, 10, 60)),
        Task("longs", models.MLP(7, classes=3), random.integers(-5, 5, (60, 7)), random.random((60, 3), numpy.float32),
             table='[here.train]\nloss = "mse"\n'),
    ]  # fmt: skip
    job = Job(tmp_path, tasks, "")
    for task in tasks:
        rows = job.stream(task)["rows"]
        found_x, found_y = gathered(job, task)
        assert found_x.numpy().tobytes() == task.x[rows].tobytes()
        assert found_y.numpy().tobytes() == task.y[rows].tobytes()


def test_held_out_rows_come_back_too(tmp_path):
    x, y = images((3, 4, 4), 130, 10, 1)
    own = Task("own", models.MLP(48), x[:100], y[:100], validation=(x[100:], y[100:]))
    aside = Task("aside", models.MLP(48), x[:90] ^ 255, y[:90])
    job = Job(tmp_path, [own, aside], "")
    for task, source in ((own, own.validation), (aside, (aside.x, aside.y))):
        stream = job.stream(task)
        found_x, found_y = gathered(job, task, "valid")
        assert len(stream["held_out"]) == 30
        assert found_x.numpy().tobytes() == source[0][stream["held_out"]].tobytes()
        assert found_y.numpy().tobytes() == source[1][stream["held_out"]].tobytes()
    stream = job.stream(aside)
    assert stream["held_out_from_training"]
    assert not set(stream["held_out"]) & set(stream["rows"])
