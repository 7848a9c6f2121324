"""Law 3: what is extracted equals plain PyTorch's training of the same model, bit for bit."""

import models
import numpy
import pytest
import torch
from conftest import (
    CIFAR_INPUT,
    CIFAR_PLAIN,
    MNIST_INPUT,
    MNIST_PLAIN,
    OPTIMIZERS,
    Job,
    Task,
    assert_same_state,
    images,
    make_task,
    mnist,
)
from torch import nn


def assert_same_training(job, trained=None, **options):
    """Of a trained file, or of what the job's trainer makes here."""
    extracted = job.extract(trained or job.train())
    for task in job.tasks:
        assert_same_state(extracted[task.name], job.plain(task, **options))
        state = extracted[task.name]
        start = job.start(task)
        changed = [n for n in state if not torch.equal(start[n], state[n])]
        assert changed, "nothing was trained"


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["LeNet5", "MLP"])
def test_mnist(tmp_path, name, optimizer, count):
    x, y = mnist(700)
    toml, plain = OPTIMIZERS[optimizer]
    torch.manual_seed(1)
    recipe = {**plain, "epochs": 2, "input": MNIST_PLAIN, "clip_grad_norm": 0.5}
    task = Task("digits", getattr(models, name)(), x.reshape(-1, 1, 28, 28), y, recipe)
    train = f"[train]\nepochs = 2\nclip_grad_norm = 0.5\n{toml}{MNIST_INPUT}"
    assert_same_training(Job(tmp_path, [task], train, options=("--decoys", count - 1)))


@pytest.mark.parametrize(
    "name, optimizer",
    [
        ("ResNet18", "sgd"),
        ("VGG16", "rmsprop"),
        ("DenseNet121", "sgd"),
        ("MobileNetV2", "adamw"),
        *[
            pytest.param(name, optimizer, marks=pytest.mark.full)
            for name, others in (
                ("ResNet18", ("adamw", "rmsprop")),
                ("VGG16", ("sgd", "adamw")),
                ("DenseNet121", ("adamw", "rmsprop")),
                ("MobileNetV2", ("sgd", "rmsprop")),
            )
            for optimizer in others
        ],
    ],
)
def test_colour_models(tmp_path, name, optimizer):
    toml, plain = OPTIMIZERS[optimizer]
    settings = {**CIFAR_PLAIN, "random_crop": 2, "horizontal_flip": True}
    task = make_task(
        "mine", name, recipe={**plain, "batch_size": 32, "input": settings}
    )
    train = f"[train]\nbatch_size = 32\n{toml}{CIFAR_INPUT}random_crop = 2\nhorizontal_flip = true\n"
    assert_same_training(Job(tmp_path, [task], train))


def test_three_tasks_with_recipes_of_their_own(tmp_path):
    common = {"batch_size": 16, "epochs": 2, "seed": 7}
    tasks = [
        make_task("one", "MLP", 150, 1, {**common, **OPTIMIZERS["sgd"][1]}),
        make_task("two", "LeNet5", 150, 2, {**common, **OPTIMIZERS["adamw"][1], "accumulate": 3},
                  table='[here.train]\noptimizer = "adamw"\nlr = 0.002\nweight_decay = 0.01\naccumulate = 3\n'),
        make_task("three", "MobileNetV2", 100, 3, {**common, "arguments": {"lr": 0.05}, "clip_grad_norm": 1.0,
                  "loss_arguments": {"label_smoothing": 0.1}, "schedule": {"kind": "cosine", "arguments": {"warmup_steps": 3}},
                  "input": {"scale": 128.0}},
                  table='[here.train]\nmomentum = 0\nweight_decay = 0\nclip_grad_norm = 1.0\nlabel_smoothing = 0.1\n'
                  '[here.train.schedule]\nkind = "cosine"\nwarmup_steps = 3\n[here.input]\nscale = 128.0\n'),
    ]  # fmt: skip
    tasks[2].recipe["arguments"].update(momentum=0.0, weight_decay=0.0)
    train = f"[train]\nbatch_size = 16\nepochs = 2\nseed = 7\n{OPTIMIZERS['sgd'][0]}"
    assert_same_training(Job(tmp_path, tasks, train))


@pytest.mark.parametrize(
    "kind", ["adam", "adagrad", "nadam", "radam", "adamax", "adadelta"]
)
def test_the_rest_of_the_table_of_optimizers(tmp_path, kind):
    names = {"adam": "Adam", "adagrad": "Adagrad", "nadam": "NAdam", "radam": "RAdam"}
    names |= {"adamax": "Adamax", "adadelta": "Adadelta"}
    plain = {
        "optimizer": names[kind],
        "arguments": {"lr": 0.01, "weight_decay": 0.001},
        "batch_size": 16,
    }
    task = make_task("mine", "MLP", recipe=plain)
    train = f'[train]\nbatch_size = 16\noptimizer = "{kind}"\nlr = 0.01\nweight_decay = 0.001\n'
    assert_same_training(Job(tmp_path, [task], train))


@pytest.mark.parametrize("loss", ["mse", "bce_with_logits"])
def test_losses_on_real_targets(tmp_path, loss):
    random = numpy.random.default_rng(0)
    x, _ = images((12,), 90, 2, 3, numpy.float32)
    y = random.integers(0, 2, (90, 1, 3)).astype(numpy.float32)
    recipe = {"loss": loss, "arguments": {"lr": 0.1}, "batch_size": 16}
    task = Task("mine", models.MLP(12, classes=3), x, y, recipe)
    assert_same_training(
        Job(tmp_path, [task], f'[train]\nloss = "{loss}"\nlr = 0.1\nbatch_size = 16\n')
    )


class EveryKind(nn.Module):
    """Tied weights, a layer used twice, plain parameters, frozen and never-called layers, infinite buffers."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 8)
        self.shared = nn.Linear(8, 8)
        self.out, self.tied = nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False)
        self.tied.weight = self.out.weight
        self.never = nn.Linear(3, 3)
        self.frozen = nn.Linear(8, 8)
        self.frozen.requires_grad_(False)
        self.scale = nn.Parameter(torch.ones(8))
        self.norm = nn.BatchNorm1d(8)
        self.register_buffer("mask", torch.tensor([0.0] * 7 + [float("-inf")]))
        self.register_buffer("hidden", torch.full((8,), 0.5), persistent=False)
        self.lifted = torch.arange(8.0) / 8

    def forward(self, x):
        x = torch.relu_(self.shared(torch.relu(self.shared(self.first(x)))))
        x = self.frozen(self.norm(x)) * self.scale + self.hidden + self.lifted
        with torch.no_grad():
            centre = x.mean()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mixed = self.out(x)
        logits = self.tied(
            torch.dropout(x - centre + mixed.float(), 0.1, self.training)
        )
        return {"logits": logits + self.mask.softmax(0), "features": x}


def test_everything_that_models_do(tmp_path):
    x, y = images((12,), 120, 8, 3, numpy.float32)
    torch.manual_seed(4)
    recipe = {
        "arguments": {"lr": 0.1, "weight_decay": 0.1},
        "batch_size": 16,
        "epochs": 2,
        "clip_grad_norm": 0.5,
    }
    task = Task("mine", EveryKind(), x, y, recipe)
    train = "[train]\nlr = 0.1\nweight_decay = 0.1\nbatch_size = 16\nepochs = 2\nclip_grad_norm = 0.5\n"
    job = Job(tmp_path, [task], train)
    assert_same_training(job)
    extracted = job.extract(tmp_path / "result" / "trained.safetensors")["mine"]
    assert torch.equal(extracted["out.weight"], extracted["tied.weight"])
    for name in ("never.weight", "frozen.weight", "mask"):
        assert torch.equal(extracted[name], task.initial[name])


def test_weight_decay_spares_biases_and_norms(tmp_path):
    plain = {"arguments": {"lr": 0.05, "weight_decay": 0.3}, "batch_size": 32}
    task = make_task("mine", "ResNet18", recipe=plain)
    norms = [n for n, m in task.model.named_modules() if isinstance(m, nn.BatchNorm2d)]
    names = [n for n, _ in task.model.named_parameters()]
    plain["no_decay"] = [
        n for n in names if n.endswith("bias") or n.rpartition(".")[0] in norms
    ]
    train = '[train]\nlr = 0.05\nweight_decay = 0.3\nbatch_size = 32\nno_decay = ["bias", "norm"]\n'
    assert_same_training(Job(tmp_path, [task], train))


def test_bfloat16(tmp_path):
    task = make_task(
        "mine", "LeNet5", recipe={"arguments": {"lr": 0.05}, "precision": "bf16"}
    )
    assert_same_training(
        Job(tmp_path, [task], '[train]\nlr = 0.05\nprecision = "bf16"\n')
    )


def test_last_batch_of_one_row_is_left_out(tmp_path):
    task = make_task(
        "mine", "VGG16", 33, recipe={"arguments": {"lr": 0.05}, "batch_size": 16}
    )
    assert_same_training(Job(tmp_path, [task], "[train]\nlr = 0.05\nbatch_size = 16\n"))


@pytest.mark.parametrize("stop", [3, 5, 8])
def test_resumed_half_way(tmp_path, stop):
    plain = {**OPTIMIZERS["adamw"][1], "batch_size": 32, "epochs": 2, "accumulate": 2}
    task = make_task(
        "mine", "MLP", recipe=plain
    )  # 5 batches an epoch, so all stops differ in kind
    train = f"[train]\nbatch_size = 32\nepochs = 2\naccumulate = 2\n{OPTIMIZERS['adamw'][0]}"
    job = Job(tmp_path, [task], train)
    job.train("result", "--max-steps", stop)
    job.train("result", "--resume")
    extracted = job.extract(tmp_path / "result" / "trained.safetensors")
    assert_same_state(extracted["mine"], job.plain(task))


def test_a_guest_changes_nothing(tmp_path):
    task = make_task("mine", "LeNet5", recipe={"arguments": {"lr": 0.05}})
    guest = make_task("guest", "ResNet18", seed=9)
    assert_same_training(Job(tmp_path, [task], "[train]\nlr = 0.05\n", guests=[guest]))


class Stochastic(nn.Module):
    """Has another graph in eval: it branches in Python."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(12, 12), nn.Linear(12, 4)

    def forward(self, x):
        if self.training:
            x = x + self.a(x) * (torch.rand(x.shape[0], 1) < 0.5)
        else:
            x = x + 0.5 * self.a(x)
        return self.b(x)


def test_models_with_a_graph_of_their_own_in_eval(tmp_path):
    x, y = images((12,), 90, 4, 3, numpy.float32)
    recipe = {"arguments": {"lr": 0.1}, "batch_size": 16}
    task = Task("task", Stochastic(), x, y, recipe, eval_graph=True)
    train = "[train]\nlr = 0.1\nbatch_size = 16\n"
    job = Job(tmp_path, [task], train, options=("--decoys", 0))
    task.model.load_state_dict(job.start(task))
    task.model.eval()
    batch = {"x.float32": torch.as_tensor(x)}
    assert torch.equal(job.module(task).eval()(batch), task.model(batch["x.float32"]))
    task.model.train()
    assert_same_training(job)


class Turned(nn.Module):
    """Weights that lie in memory in another order: kernels round differently for each."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 12, 3, padding=1)
        self.mid = nn.Linear(12, 40)
        self.back = nn.Linear(40, 28)
        self.back.weight = nn.Parameter(torch.randn(40, 28).mul(0.1).t())
        self.head = nn.Linear(28, 10)

    def forward(self, x):
        x = torch.relu(self.conv(x)).mean((2, 3))
        return self.head(torch.tanh(self.back(torch.tanh(self.mid(x)))))


@pytest.mark.parametrize(
    "memory_format", [torch.contiguous_format, torch.channels_last]
)
def test_the_order_of_memory(tmp_path, memory_format):
    torch.manual_seed(4)
    x, y = images((3, 8, 8), 150, 10, 4)
    model = Turned().to(memory_format=memory_format)
    recipe = {
        **OPTIMIZERS["sgd"][1],
        "batch_size": 12,
        "epochs": 4,
        "input": {"scale": 255.0},
    }
    train = f"[train]\nepochs = 4\nbatch_size = 12\n{OPTIMIZERS['sgd'][0]}[input]\nscale = 255.0\n"
    job = Job(tmp_path, [Task("mine", model, x, y, recipe)], train)
    assert_same_training(job)
    text = (job.path / "model.py").read_text()
    assert "torch.empty_strided((28, 40), (1, 28))" in text
    last = "(12, 3, 3, 3), (27, 1, 9, 3)" in text
    assert last == (memory_format == torch.channels_last)
