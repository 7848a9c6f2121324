"""Laws 2 and 3 for every loss of the table, with its arguments: what torch.nn.functional gives, bit for bit."""

import json

import amalgam
import numpy
import plain_training
import pytest
import torch
from conftest import (
    SEED,
    Job,
    Task,
    assert_same_state,
    load_network,
    metrics,
    obfuscate_call,
    plan_of,
    refused,
    shards,
    train_job,
)
from export_model import export
from torch import nn
from torch.nn import functional as F

ROWS, WIDTH, CLASSES = 96, 12, 5
BASE = {"arguments": {"lr": 0.1}, "batch_size": 16, "epochs": 2}
TRAIN = "[train]\nlr = 0.1\nbatch_size = 16\nepochs = 2\n"


def features(*shape):
    return numpy.random.default_rng(1).normal(0, 1, (ROWS, *shape)).astype(numpy.float32)  # fmt: skip


def numbers(*shape, classes=CLASSES, dtype=numpy.int64):
    return numpy.random.default_rng(2).integers(0, classes, (ROWS, *shape)).astype(dtype)  # fmt: skip


def values(least, most):
    found = numpy.random.default_rng(3).uniform(least, most, (ROWS, CLASSES))
    return found.astype(numpy.float32)


def probabilities():
    return torch.softmax(torch.as_tensor(values(-2, 2)), 1).numpy()


def lists():
    """Class numbers, then -1."""
    y = numpy.full((ROWS, CLASSES), -1, numpy.int64)
    for row in y:
        some = numpy.random.default_rng(4).permutation(CLASSES)[: 1 + row.size % 3]
        row[: len(some)] = some
    return y


def signs():
    return numpy.sign(values(-1, 1)).astype(numpy.float32)


def mlp(last=None):
    parts = [nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, CLASSES)]
    return nn.Sequential(*parts, *([last] if last else []))


WEIGHTS = [0.5, 1.0, 2.0, 0.25, 3.0]
# Targets, the model's last layer, and sets of arguments.
CASES = {
    "cross_entropy": (numbers, None, [{"weight": WEIGHTS, "ignore_index": 2}, {"label_smoothing": 0.2, "weight": WEIGHTS}, {"reduction": "sum"}]),
    "nll_loss": (numbers, nn.LogSoftmax(1), [{}, {"weight": WEIGHTS, "ignore_index": 0}]),
    "multi_margin": (numbers, None, [{}, {"p": 2, "margin": 0.5, "weight": WEIGHTS}]),
    "multilabel_margin": (lists, None, [{}, {"reduction": "sum"}]),
    "multilabel_soft_margin": (lambda: values(0, 1).round(), None, [{}, {"weight": WEIGHTS}]),
    "bce": (lambda: values(0, 1), nn.Sigmoid(), [{}, {"weight": [2.0]}]),
    "bce_with_logits": (lambda: values(0, 1), None, [{"pos_weight": WEIGHTS}, {"pos_weight": [3.0], "weight": WEIGHTS}]),
    "mse": (lambda: values(-2, 2), None, [{}]),
    "l1": (lambda: values(-2, 2), None, [{}, {"reduction": "sum"}]),
    "smooth_l1": (lambda: values(-2, 2), None, [{}, {"beta": 0.3}]),
    "huber": (lambda: values(-2, 2), None, [{}, {"delta": 0.4}]),
    "kl_div": (probabilities, nn.LogSoftmax(1), [{}, {"reduction": "batchmean"}, {"log_target": True}]),
    "poisson_nll": (lambda: values(0, 4).round(), None, [{}, {"full": True}, {"log_input": False, "eps": 1e-3}]),
    "soft_margin": (signs, None, [{}]),
    "hinge_embedding": (signs, None, [{}, {"margin": 0.2}]),
}  # fmt: skip


def toml(arguments):
    lines = [f"{name} = {json.dumps(value)}" for name, value in arguments.items()]
    return "\n".join(["[train.loss_arguments]", *lines, ""]) if lines else ""


def job_of(folder, model, x, y, loss, arguments, more="", **plain):
    recipe = {**BASE, "loss": loss, "loss_arguments": arguments, **plain}
    task = Task("mine", model, x, y, recipe)
    train = f'{TRAIN}loss = "{loss}"\n{more}{toml(arguments)}'
    return Job(folder, [task], train), task


def assert_trained_alike(job, task):
    assert_same_state(job.extract(job.train())[task.name], job.plain(task))


@pytest.mark.parametrize("loss, number", [(n, i) for n, c in CASES.items() for i in range(len(c[2]))])  # fmt: skip
def test_each_loss_with_its_arguments(tmp_path, loss, number):
    targets, last, sets = CASES[loss]
    arguments = sets[number]
    y = targets()
    if arguments.get("log_target"):
        y = numpy.log(y)
    torch.manual_seed(0)
    job, task = job_of(tmp_path, mlp(last), features(WIDTH), y, loss, arguments)
    assert_trained_alike(job, task)


def test_the_table_is_all_that_is_tested_here(tmp_path):
    (tmp_path / "recipe.toml").write_text('[train]\nloss = "what"\n')
    call = obfuscate_call(tmp_path, model="m", data="d", recipe=tmp_path / "recipe.toml", job="j", key="k")  # fmt: skip
    (line,) = refused(*call)
    assert set(line.split("known are ")[1].split(", ")) == {
        *CASES,
        "FILE.pt2",
        "model",
        "next_token",
    }


class Segmenter(nn.Module):
    """[N, 3, H, W] to scores [N, C, H, W]."""

    def __init__(self, last=False):
        super().__init__()
        self.down, self.up = nn.Conv2d(3, 8, 3, 2, 1), nn.ConvTranspose2d(8, 8, 2, 2)
        self.head, self.last = nn.Conv2d(11, CLASSES, 1), last

    def forward(self, x):
        x = self.head(torch.cat([x, self.up(torch.relu(self.down(x)))], 1))
        return x.movedim(1, -1) if self.last else x


@pytest.mark.parametrize("dtype", [numpy.uint8, numpy.int64])
def test_segmentation_masks_stay_as_they_are(tmp_path, dtype):
    """Bytes stay bytes in the job; pixels of the ignored class count neither in the loss nor in the accuracy."""
    y = numbers(8, 8, dtype=dtype)
    y[:, :2] = 255
    torch.manual_seed(0)
    arguments = {"weight": WEIGHTS, "ignore_index": 255}
    job, task = job_of(tmp_path, Segmenter(), features(3, 8, 8), y, "cross_entropy", arguments)  # fmt: skip
    manifest = json.loads((job.path / "job.json").read_text())
    name = "y.uint8" if dtype == numpy.uint8 else "y.int64"
    assert manifest["subnetworks"][0]["fields"][-1]["tensor"] == name
    network = load_network(job.path)
    sub = network.subnetworks[job.subnetwork(task)].eval()
    rows = torch.tensor(job.stream(task)["rows"])[:7]
    batch = {n: t[:7] for n, t in shards(job.path).items()}
    target = torch.as_tensor(y)[rows].long()
    assert torch.equal(sub.target(batch), target)
    output = sub(batch)
    expected = F.cross_entropy(output, target, torch.tensor(WEIGHTS), ignore_index=255)
    assert torch.equal(sub.loss(output, batch), expected)
    right, counted = sub.metric(output, batch)
    counts = target != 255
    assert int(counted) == int(counts.sum())
    assert int(right) == int(((output.argmax(1) == target) & counts).sum())
    assert_trained_alike(job, task)


def test_masks_beside_labels_are_said(tmp_path):
    torch.manual_seed(0)
    x = features(3, 8, 8)
    task = Task("mine", Segmenter(), x, numbers(8, 8, dtype=numpy.uint8), {})
    guest = Task("guest", nn.Sequential(nn.Flatten(), nn.Linear(192, CLASSES)), x, numbers())  # fmt: skip
    job = Job(tmp_path, [task], TRAIN, guests=[guest])
    assert "The tasks differ in targets' shapes and dtypes, network architectures, which the cloud can see" in job.output  # fmt: skip


def test_scores_of_classes_may_be_the_last_dimension(tmp_path):
    torch.manual_seed(0)
    job, task = job_of(tmp_path, Segmenter(last=True), features(3, 8, 8), numbers(8, 8), "cross_entropy", {})  # fmt: skip
    assert_trained_alike(job, task)


class Square(nn.Module):
    """As many scores as places: [N, C, C]."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(WIDTH, CLASSES * CLASSES)

    def forward(self, x):
        return self.layer(x).view(-1, CLASSES, CLASSES)


@pytest.mark.parametrize("dimension", ["first", "last"])
def test_where_two_dimensions_fit_the_recipe_says_which(tmp_path, dimension):
    torch.manual_seed(0)
    x, y = features(WIDTH), numbers(CLASSES)
    said = f'class_dimension = "{dimension}"\n'
    job, task = job_of(tmp_path, Square(), x, y, "cross_entropy", {}, said, class_dimension=dimension)  # fmt: skip
    assert_trained_alike(job, task)


def test_probabilities_of_classes_are_targets_too(tmp_path):
    torch.manual_seed(0)
    arguments = {"label_smoothing": 0.1, "weight": WEIGHTS}
    job, task = job_of(tmp_path, mlp(), features(WIDTH), probabilities(), "cross_entropy", arguments)  # fmt: skip
    assert_trained_alike(job, task)
    assert json.loads((job.path / "job.json").read_text())["subnetworks"][0]["recipe"]["metric"] is None  # fmt: skip


def refused_job(folder, model, x, y, recipe, says):
    export(model, x.shape[1:], folder / "m.pt2", torch.float32)
    numpy.savez(folder / "d.npz", x=x, y=y)
    (folder / "recipe.toml").write_text("[train]\nlr = 0.1\n" + recipe)
    refused(*obfuscate_call(folder, model=folder / "m.pt2", data=folder / "d.npz", recipe=folder / "recipe.toml", job=folder / "job", key=folder / "home.key"), says=says)  # fmt: skip


@pytest.mark.parametrize(
    "recipe, says",
    [
        ("[train.loss_arguments]\nweight = [1.0, 2.0]\n", "weight has 2 numbers, but the model's output has 5 classes; give one for each"),
        ("[train.loss_arguments]\nweight = [1.0, -2.0]\n", "train.loss_arguments.weight: expected a list of numbers of at least 0"),
        ("[train.loss_arguments]\nignore_index = 1.5\n", "train.loss_arguments.ignore_index: expected a whole number, found 1.5"),
        ('[train.loss_arguments]\nreduction = "none"\n', "train.loss_arguments.reduction: 'none' is unknown; known are mean, sum"),
        ("[train.loss_arguments]\nbeta = 1.0\n", "beta: is an argument of smooth_l1, and the loss is cross_entropy, which takes weight, ignore_index, label_smoothing, reduction"),
        ('loss = "huber"\n[train.loss_arguments]\ndelta = 0.0\n', "train.loss_arguments.delta: expected a number above 0"),
        ('loss = "mse"\nclass_dimension = "last"\n', "class_dimension: is of losses of class numbers, and the loss is mse"),
        ('class_dimension = "middle"\n', "class_dimension: 'middle' is unknown; known are first, last"),
        ("pos_weight = 3.0\n", "train.pos_weight: belongs to [train.loss_arguments]"),
        ('loss = "HuberLoss"\n', "'HuberLoss' is unknown; did you mean 'huber'?"),
        ('loss = "binary_cross_entropy_with_logits"\n', "did you mean 'bce_with_logits'?"),
        ('loss = "mae"\n', "did you mean 'l1'?"),
    ],
)  # fmt: skip
def test_a_misuse_is_one_line(tmp_path, recipe, says):
    refused_job(tmp_path, mlp(), features(WIDTH), numbers(), recipe, says)


def test_two_dimensions_that_fit_are_asked_about(tmp_path):
    says = 'may be the classes; say which in the recipe: class_dimension = "first"'
    refused_job(tmp_path, Square(), features(WIDTH), numbers(CLASSES), "", says)


def test_a_class_out_of_range_names_what_the_loss_ignores(tmp_path):
    y = numbers(8, 8, dtype=numpy.uint8)
    y[3, 1, 1] = 255
    says = "row 3: class 255 is not one of the model's 5 classes (0 to 4) (rows are counted from 0); the loss ignores targets of -100, or of [train.loss_arguments] ignore_index"  # fmt: skip
    refused_job(tmp_path, Segmenter(), features(3, 8, 8), y, "", says)


def bert():
    import transformers

    config = transformers.BertConfig(vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, max_position_embeddings=16, num_labels=3)  # fmt: skip
    torch.manual_seed(0)
    return transformers.BertForSequenceClassification(config)


@pytest.mark.parametrize("variants", ["same", "family"])
def test_a_model_that_takes_labels_gives_its_loss_itself(tmp_path, variants):
    random = numpy.random.default_rng(0)
    data = {
        "input_ids": random.integers(0, 60, (60, 12)),
        "attention_mask": numpy.ones((60, 12), numpy.int64),
        "labels": random.integers(0, 3, 60),
    }
    example = {name: torch.as_tensor(x[:4]) for name, x in data.items()}
    model = bert()
    recipe = amalgam.Recipe(loss="model", optimizer="adamw", lr=0.01, batch_size=8, epochs=2, stop={"patience": 9})  # fmt: skip
    job = amalgam.obfuscate(model, example, data, recipe=recipe, job=tmp_path / "job", key=tmp_path / "home.key", variants=variants, into=model, seed=SEED, progress=False)  # fmt: skip
    trained = train_job(job.path, tmp_path / "result")
    stream = plan_of(job.key)["streams"][plan_of(job.key)["wanted"]["task"]["subnetwork"]]  # fmt: skip
    found = amalgam.verify(model, example, data, recipe=recipe, job=job.path, key=job.key, steps=5)  # fmt: skip
    assert found[0].holds and found[0].identical == found[0].tensors
    plain = {"loss": "model", "output": "loss", "keywords": list(data), "optimizer": "AdamW", "arguments": {"lr": 0.01}, "batch_size": 8, "epochs": 2}  # fmt: skip
    plain_training.train(model, list(data.values()), None, torch.tensor(stream["rows"]), plain, dtypes=[torch.int64] * 3)  # fmt: skip
    assert_same_state(amalgam.extract(trained, key=job.key), model.state_dict())
    assert not [line for line in metrics(trained.parent) if "accuracy" in line]
    for sub in load_network(job.path).subnetworks:
        assert not hasattr(sub, "target")


def test_the_loss_of_a_model_is_one_number(tmp_path):
    says = "with the loss 'model' the output is to be one number a batch, and it is float32 [4, 5]"  # fmt: skip
    refused_job(tmp_path, mlp(), features(WIDTH), numbers(), 'loss = "model"\n', says)
    says = "has targets ('y'), but with the loss 'model' the model takes them itself"
    refused_job(tmp_path, mlp(), features(WIDTH), numbers(), 'loss = "model"\n', says)
