"""Initial values that PyTorch's generator drew beside some that another did are told; starts that are drawn anew are not."""

import models
import numpy
import pytest
import torch
from audits import FEW, ROWS, TRAIN, audit, kinds
from conftest import Job, Task, images, make_task
from damage import edit_tensors
from torch import nn


def generator_failure(job):
    """Or the note, where the rule takes the guest for wanted."""
    report = audit(job.path, job.key, *FEW)
    found = report["hard_failures"] + report["notes"]
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


def normal_lenet():
    """As transformers initialise."""
    net = models.LeNet5()
    for name, tensor in net.named_parameters():
        (nn.init.zeros_ if name.endswith("bias") else nn.init.normal_)(tensor)
    return net


MODELS = {
    "LeNet5": (models.LeNet5, (1, 28, 28)),
    "ResNet18": (lambda: models.ResNet18(width=8), (3, 32, 32)),
    "MobileNetV2": (lambda: models.MobileNetV2(width=0.25), (3, 32, 32)),
    "small": (Small, (20,)),
    "from zero": (FromZero, (20,)),
    "transposed": (Transposed, (20,)),
    "channels last": (lambda: models.ResNet18(width=8).to(memory_format=torch.channels_last), (3, 32, 32)),
    "recurrent": (Recurrent, (7, 8)),
    "normal": (normal_lenet, (1, 28, 28)),
}  # fmt: skip
KEEP = ("--start", "keep")


def two_tasks(name):
    build, shape = MODELS[name]
    return [task_of(n, build, shape, seed) for n, seed in (("mine", 1), ("guest", 2))]


def planted(job, change):
    def edit(tensors):
        for name, tensor in tensors.items():
            drawn = tensor.is_floating_point() and tensor.unique().numel() > 1
            if name.startswith("subnetworks.1.") and drawn:
                tensors[name] = change(tensor)

    edit_tensors(job.path / "weights.safetensors", edit)


def drawn_by_another(tensor):
    """Of the form of PyTorch's values."""
    random = numpy.random.Generator(numpy.random.PCG64(tensor.numel()))
    if tensor.abs().max() > 2.5 * tensor.std():  # a normal distribution
        return torch.tensor(random.normal(0, tensor.std(), tensor.shape), dtype=torch.float32)  # fmt: skip
    # The bound of all layers of 20 inputs; of others, as far as the values go.
    high = 20**-0.5 if tensor.shape[-1] == 20 else float(tensor.abs().max())
    low = 0.0 if tensor.min() >= 0 else -high
    numbers = torch.tensor(random.integers(0, 1 << 24, tensor.shape), dtype=torch.float32)  # fmt: skip
    return numbers / (1 << 24) * (high - low) + low


@pytest.mark.parametrize("name", MODELS)
def test_a_start_of_another_generator_is_told(tmp_path, name):
    wanted, guest = two_tasks(name)
    job = Job(tmp_path, [wanted], TRAIN, [guest], options=KEEP)
    assert generator_failure(job) is None
    planted(job, drawn_by_another)
    assert generator_failure(job)["subnetworks"] == [0]


@pytest.mark.parametrize("name", ["LeNet5", "recurrent", "normal"])
def test_starts_drawn_anew_are_not(tmp_path, name):
    wanted, guest = two_tasks(name)
    job = Job(tmp_path, [wanted], TRAIN, [guest], options=("--decoys", 1))
    assert generator_failure(job) is None
    assert "drawn anew" in job.output


def test_real_data_of_another_source_passes(tmp_path):
    task, other = make_task("mine", "LeNet5", ROWS), make_task("other", "LeNet5", ROWS, seed=2)  # fmt: skip
    other.write(tmp_path)
    decoy = ("--decoy", f"@{tmp_path / 'other.npz'}")
    job = Job(tmp_path, [task], TRAIN, options=decoy)
    assert not {"generator", "initial values", "sizes"} & set(kinds(audit(job.path, job.key, *FEW)))  # fmt: skip


def test_what_has_another_form_is_not_judged(tmp_path):
    wanted, guest = two_tasks("LeNet5")
    job = Job(tmp_path, [wanted], TRAIN, [guest], options=KEEP)
    torch.manual_seed(0)
    planted(job, lambda tensor: tensor.abs().max() * torch.rand(tensor.shape) ** 3)
    assert generator_failure(job) is None


def test_what_cannot_be_judged_does_not_pass(tmp_path):
    wanted, guest = two_tasks("LeNet5")
    drawn = Job(tmp_path / "drawn", [wanted], TRAIN, [guest])
    assert "initial values" not in audit(drawn.path, drawn.key, *FEW)["reason"]
    for seed, task in ((1, wanted), (2, guest)):
        torch.manual_seed(seed)
        with torch.no_grad():
            for parameter in task.model.parameters():
                parameter.copy_(parameter.abs().max() * (2 * torch.rand(parameter.shape) - 1) ** 3)  # fmt: skip
        task.initial = {n: t.clone() for n, t in task.model.state_dict().items()}
    job = Job(tmp_path / "trained", [wanted], TRAIN, [guest])
    report = audit(job.path, job.key)
    assert report["verdict"] == "inconclusive" and kinds(report) == []
    assert "initial values" in report["reason"] and "0 and 1" in report["reason"]
