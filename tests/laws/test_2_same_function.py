"""Law 2: before training, each sub-network's output equals its own model's, bit for bit, in eval and train mode."""

import plain_training
import pytest
import torch
from conftest import (
    CIFAR_INPUT,
    CIFAR_PLAIN,
    Job,
    assert_same_outputs,
    load_network,
    make_task,
    same_bits,
)
from example_models import example_models


def assert_same_function(job, task, settings=None):
    stream = job.stream(task)
    module = job.module(task)
    rows = stream["rows"][:16]
    x = torch.as_tensor(task.x[rows])
    columns = stream["positions"][0]
    width = sum(len(s["positions"][0]) for s in job.plan()["streams"])
    whole = torch.zeros(len(rows), width, dtype=x.dtype)
    whole[:, columns] = x.flatten(1)
    batch = {f"x.{str(x.dtype).removeprefix('torch.')}": whole}
    task.model.load_state_dict(job.start(task))

    def plain():
        training = task.model.training
        return task.model(plain_training.prepare(x, settings or {}, training))

    assert_same_outputs(module, task.model, (lambda: module(batch), plain))
    state = module.state_dict()
    # A training step also updated the buffers alike.
    buffers = [tensor for _, tensor in task.model.named_buffers()]
    found = [t for n, t in state.items() if "running" in n or "buffer" in n]
    assert sorted(map(hash_of, buffers)) == sorted(map(hash_of, found))


def hash_of(tensor):
    return tensor.numpy().tobytes()


@pytest.mark.parametrize("name", example_models())
def test_every_example_model(tmp_path, name):
    task = make_task("mine", name, count=40)
    assert_same_function(Job(tmp_path, [task], "", options=("--decoys", 1)), task)


def test_input_transforms(tmp_path):
    task = make_task("mine", "ResNet18", count=40)
    table = CIFAR_INPUT + "random_crop = 4\nhorizontal_flip = true\n"
    settings = {**CIFAR_PLAIN, "random_crop": 4, "horizontal_flip": True}
    assert_same_function(
        Job(tmp_path, [task], table, options=("--decoys", 1)), task, settings
    )


def test_three_tasks_and_the_whole_network(tmp_path):
    tasks = [
        make_task(name, name, count=40, seed=i)
        for i, name in enumerate(("MLP", "LeNet5", "VGG16"))
    ]
    job = Job(tmp_path, tasks, "")
    for task in tasks:
        assert_same_function(job, task)
    network = load_network(job.path).eval()
    columns = {
        f"x.{d}": torch.zeros(4, n, dtype=getattr(torch, d))
        for d, n in (("uint8", 2 * 784 + 3072),)
    }
    batch = {**columns, "y.int64": torch.zeros(4, 3, dtype=torch.int64)}
    outputs = network(batch)
    losses = network.losses(outputs, batch)
    assert losses.shape == (3,)
    for module, output, loss in zip(network.subnetworks, outputs, losses, strict=True):
        assert same_bits(module(batch).detach(), output.detach())
        assert same_bits(module.loss(output, batch).detach(), loss.detach())
