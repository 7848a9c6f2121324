"""Initial values that PyTorch's generator drew beside others: variants are told by that until all are drawn alike."""

import models
import numpy
import pytest
import torch
from audits import FEW, ROWS, TRAIN, audit, kinds
from conftest import Job, Task, images, make_task
from damage import edit_tensors
from torch import nn

NOTE = "with initial values that another generator drew than PyTorch's"


def generator_failure(job):
    found = audit(job.path, job.key, *FEW)["hard_failures"]
    return next((failure for failure in found if failure["kind"] == "generator"), None)


def task_of(name, build, shape, seed=1):
    torch.manual_seed(seed)
    x, y = images(shape, ROWS, 10, seed)
    return Task(name, build(), x, y)


class Small(nn.Module):
    """No tensor is as long as a relation, but all of them together are."""

    def __init__(self):
        super().__init__()
        layers = [nn.Linear(20, 20) for _ in range(6)]
        self.layers = nn.Sequential(*layers, nn.Linear(20, 10))

    def forward(self, x):
        return self.layers(x)


class FromZero(nn.Module):
    """Values between 0 and a bound."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(20, 40), nn.Linear(40, 10)
        nn.init.uniform_(self.one.weight)
        nn.init.uniform_(self.two.weight, 0, 0.3)

    def forward(self, x):
        return self.two(self.one(x))


class Transposed(nn.Module):
    """Drawn in another order than its dimensions'."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(20, 40), nn.Linear(40, 10)
        with torch.no_grad():
            self.one.weight.copy_(torch.empty(20, 40).uniform_(-0.2, 0.2).t())
            self.two.weight.zero_()

    def forward(self, x):
        return self.two(self.one(x))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(8, 24, batch_first=True), nn.Linear(24, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0].mean(1))


MODELS = {
    "LeNet5": (models.LeNet5, (1, 28, 28)),
    "ResNet18": (lambda: models.ResNet18(width=8), (3, 32, 32)),
    "MobileNetV2": (lambda: models.MobileNetV2(width=0.25), (3, 32, 32)),
    "small": (Small, (20,)),
    "from zero": (FromZero, (20,)),
    "transposed": (Transposed, (20,)),
    "channels last": (lambda: models.ResNet18(width=8).to(memory_format=torch.channels_last), (3, 32, 32)),
    "recurrent": (Recurrent, (7, 8)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_variant_is_told_and_a_guest_is_not(tmp_path, name):
    build, shape = MODELS[name]
    wanted, guest = (task_of(n, build, shape, seed) for n, seed in (("mine", 1), ("guest", 2)))  # fmt: skip
    alone = Job(tmp_path / "alone", [wanted], TRAIN)
    failure = generator_failure(alone)
    assert failure["subnetworks"] == [alone.subnetwork(wanted)]
    assert NOTE in alone.output
    both = Job(tmp_path / "both", [wanted], TRAIN, [guest])
    assert generator_failure(both) is None
    assert NOTE not in both.output


def test_a_variant_with_real_data_is_told_and_said(tmp_path):
    task, other = make_task("mine", "LeNet5", ROWS), make_task("other", "LeNet5", ROWS, seed=2)  # fmt: skip
    other.write(tmp_path)
    job = Job(
        tmp_path, [task], TRAIN, options=("--decoy", f"@{tmp_path / 'other.npz'}")
    )
    assert "1 of 2 sub-networks is a variant of a model of yours" in job.output
    report = audit(job.path, job.key, *FEW)
    assert report["verdict"] == "fail" and "generator" in kinds(report)
    assert "MT19937" in report["reason"] or len(kinds(report)) > 1


def planted(job, change):
    def edit(tensors):
        for name, tensor in tensors.items():
            if name.startswith("subnetworks.1.") and tensor.is_floating_point():
                tensors[name] = change(tensor)

    edit_tensors(job.path / "weights.safetensors", edit)


def test_planted_in_a_clean_job(tmp_path):
    wanted, guest = (make_task(n, "LeNet5", ROWS, seed) for n, seed in (("mine", 1), ("guest", 2)))  # fmt: skip
    job = Job(tmp_path, [wanted], TRAIN, [guest])
    assert generator_failure(job) is None
    random = numpy.random.Generator(numpy.random.PCG64(1))

    def drawn_by_another(tensor):
        bound = 2 * tensor.abs().max()
        numbers = torch.tensor(random.integers(0, 1 << 24, tensor.shape), dtype=torch.float32)  # fmt: skip
        return numbers / (1 << 24) * (2 * bound) - bound

    planted(job, drawn_by_another)
    assert generator_failure(job)["subnetworks"] == [0]


def test_what_has_another_form_is_not_judged(tmp_path):
    wanted, guest = (make_task(n, "LeNet5", ROWS, seed) for n, seed in (("mine", 1), ("guest", 2)))  # fmt: skip
    job = Job(tmp_path, [wanted], TRAIN, [guest])
    torch.manual_seed(0)
    planted(job, lambda tensor: tensor.abs().max() * torch.rand(tensor.shape) ** 3)
    assert generator_failure(job) is None


def normal_lenet():
    """As transformers initialise."""
    net = models.LeNet5()
    for name, tensor in net.named_parameters():
        (nn.init.zeros_ if name.endswith("bias") else nn.init.normal_)(tensor)
    return net


def test_what_cannot_be_judged_does_not_pass(tmp_path):
    wanted, guest = (make_task(n, "LeNet5", ROWS, seed) for n, seed in (("mine", 1), ("guest", 2)))  # fmt: skip
    uniform = Job(tmp_path / "uniform", [wanted], TRAIN, [guest])
    assert audit(uniform.path, uniform.key)["verdict"] == "pass"
    for seed, task in ((1, wanted), (2, guest)):
        torch.manual_seed(seed)
        task.model = normal_lenet()
    job = Job(tmp_path / "normal", [wanted], TRAIN, [guest])
    report = audit(job.path, job.key)
    assert report["verdict"] == "inconclusive" and kinds(report) == []
    assert "initial values" in report["reason"] and "0 and 1" in report["reason"]
