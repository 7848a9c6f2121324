"""Law 3 for losses of one's own, and for several targets: eager PyTorch is the oracle."""

import json
import sys

import amalgam
import numpy
import pytest
import torch
from amalgam.verifying import eager_differences
from conftest import run
from own_programs import Focal, Trained, TwoHeads, Uncertainty
from torch import nn
from torch.nn import functional as F

ROWS, WIDTH, CLASSES = 90, 12, 4
TRAIN = {"lr": 0.1, "batch_size": 16, "epochs": 2}
PLAIN = {"arguments": {"lr": 0.1}, "batch_size": 16, "epochs": 2}


def features(*shape):
    return numpy.random.default_rng(1).normal(0, 1, (ROWS, *shape)).astype(numpy.float32)  # fmt: skip


def classes(*shape, dtype=numpy.int64):
    return numpy.random.default_rng(2).integers(0, CLASSES, (ROWS, *shape)).astype(dtype)  # fmt: skip


def mlp():
    return nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, CLASSES))


def one(*shape):
    return {"x": features(*shape or (WIDTH,)), "y": classes()}


def two():
    size = features(WIDTH)[:, 0] * 0.5
    return {"x": features(WIDTH), "kind": classes(), "size": size}


def test_focal_loss_with_class_weights(tmp_path):
    focal = Focal([0.5, 1.0, 2.0, 0.25])
    made = Trained(tmp_path, mlp(), one(), amalgam.Recipe(**TRAIN, metric="accuracy"), {**PLAIN, "best": {"metric": "accuracy", "better": "higher"}}, loss=focal)  # fmt: skip
    made.assert_same()
    assert not list(tmp_path.glob("*.loss.safetensors"))


def test_a_loss_with_parameters_comes_back_in_a_file_of_its_own(tmp_path):
    recipe = amalgam.Recipe(**TRAIN, targets=["kind", "size"])
    made = Trained(tmp_path, TwoHeads(), two(), recipe, {**PLAIN, "targets": ["kind", "size"]}, loss=Uncertainty())  # fmt: skip
    made.assert_same()
    out = tmp_path / "task.safetensors"
    said = run("extract", "--key", made.key, "--trained", made.trained, "--out", out).stdout  # fmt: skip
    assert (tmp_path / "task.loss.safetensors").exists()
    assert f"task: its loss in {tmp_path / 'task.loss.safetensors'}" in said


def test_a_function_of_several_outputs_by_name(tmp_path):
    class Named(TwoHeads):
        def forward(self, x):
            first, second = super().forward(x)
            return {"sizes": second, "logits": first}

    def loss(kind, logits, sizes, size):
        return F.cross_entropy(logits, kind) + F.mse_loss(sizes[:, 0], size)

    recipe = amalgam.Recipe(**TRAIN, targets=["size", "kind"])
    Trained(tmp_path, Named(), two(), recipe, {**PLAIN, "targets": ["kind", "size"]}, loss=loss).assert_same()  # fmt: skip


def test_masks_stay_bytes_in_the_job(tmp_path):
    def dice(output, mask):
        wanted = F.one_hot(mask.long(), CLASSES).movedim(-1, 1).float()
        given = output.softmax(1)
        overlap = (given * wanted).sum((2, 3))
        return 1 - (2 * overlap / (given + wanted).sum((2, 3)).clamp(min=1e-6)).mean()

    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, CLASSES, 1))  # fmt: skip
    data = {"x": features(3, 8, 8), "mask": classes(8, 8, dtype=numpy.uint8)}
    made = Trained(tmp_path, model, data, amalgam.Recipe(**TRAIN, targets="mask"), {**PLAIN, "targets": ["mask"]}, loss=dice)  # fmt: skip
    assert '"y.uint8"' in (tmp_path / "job" / "job.json").read_text()
    made.assert_same()


def test_groups_and_averages_reach_the_parameters_of_a_loss(tmp_path):
    group = {"match": "loss.*", "lr": 0.01}
    recipe = amalgam.Recipe(**TRAIN, targets=["kind", "size"], group=[group], ema=0.9, clip_grad_norm=0.5)  # fmt: skip
    plain = {**PLAIN, "targets": ["kind", "size"], "groups": [{"names": ["loss.scales"], "arguments": {"lr": 0.01}}], "ema": 0.9, "clip_grad_norm": 0.5}  # fmt: skip
    Trained(
        tmp_path, TwoHeads(), two(), recipe, plain, loss=Uncertainty()
    ).assert_same()


@pytest.mark.parametrize(
    "loss, says",
    [
        (lambda output, y: F.cross_entropy(output, y, reduction="none"), "the loss gives float32 [4]; expected one float number"),
        (lambda output, y: (output - output.detach()).sum(dtype=torch.float64).long(), "expected one float number for the batch"),
        (lambda output, y, z: F.cross_entropy(output, y), "takes 'output' and 'z', and the model has one output"),
        (lambda y: y.float().mean(), "takes none of the model's outputs"),
        (Focal, "loss= is the class Focal"),
        ("focal", "expected a module, a function or the path of a .pt2"),
        (3, "loss= is int; expected an nn.Module"),
    ],
)  # fmt: skip
def test_misuse_is_one_line(tmp_path, loss, says):
    with pytest.raises(amalgam.Error) as found:
        amalgam.obfuscate(mlp(), torch.zeros(2, WIDTH), one(), loss=loss, recipe=amalgam.Recipe(**TRAIN), job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
    assert says in str(found.value), found.value
    assert len(str(found.value).splitlines()) == 1
    assert not (tmp_path / "job").exists() and not (tmp_path / "key").exists()


def test_a_gradient_of_its_own_is_refused(tmp_path):
    class Reversed(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            return x.clone()

        @staticmethod
        def backward(context, gradient):
            return -gradient

    def loss(output, y):
        return F.cross_entropy(Reversed.apply(output), y)

    with pytest.raises(amalgam.Error, match="the loss"):
        amalgam.obfuscate(mlp(), torch.zeros(2, WIDTH), one(), loss=loss, recipe=amalgam.Recipe(**TRAIN), job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip


def test_a_target_nobody_takes(tmp_path):
    data = {**one(), "more": classes()}
    for recipe, loss, says in (
        (amalgam.Recipe(**TRAIN, targets=["y", "more"]), Focal([1.0] * 4), "has the target 'more', which neither the loss nor a transform takes"),
        (amalgam.Recipe(**TRAIN, targets=["y", "more"]), None, "has 2 targets ('y', 'more'), but the loss 'cross_entropy' takes one"),
        (amalgam.Recipe(**TRAIN, targets=["y", "absent"]), Focal([1.0] * 4), "has no 'absent', which"),
    ):  # fmt: skip
        with pytest.raises(amalgam.Error) as found:
            amalgam.obfuscate(mlp(), torch.zeros(2, WIDTH), data, loss=loss, recipe=recipe, job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
        assert says in str(found.value), found.value


def test_verify_trains_the_modules_too(tmp_path):
    """Eagerly, beside their programs; with another learning rate than the job's they part."""
    call = (TwoHeads(), torch.zeros(2, WIDTH), two())
    recipe = amalgam.Recipe(**TRAIN, targets=["kind", "size"])
    own = {"loss": Uncertainty()}
    places = {"job": tmp_path / "job", "key": tmp_path / "key"}
    amalgam.obfuscate(*call, recipe=recipe, progress=False, **own, **places)
    threads = torch.get_num_threads()
    (found,) = amalgam.verify(*call, recipe=recipe, steps=4, plain=tmp_path / "plain", **own, **places)  # fmt: skip
    assert found.holds and found.identical == found.tensors and found.eager == []
    assert torch.get_num_threads() == threads and "plain_training" not in vars(amalgam)
    kept = tmp_path / "plain" / "task"
    settings = json.loads((kept / "recipe.json").read_text())
    settings["arguments"]["lr"] *= 1.01
    (kept / "recipe.json").write_text(json.dumps(settings))
    parted = eager_differences(amalgam.Task(*call, **own), call[2], kept, 4, sys.executable, tmp_path / "work")  # fmt: skip
    assert "first.weight" in parted and "loss.scales" in parted


class Bag(nn.Module):
    """Scores of the mean of a row's embeddings, which have sparse gradients."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(30, CLASSES, sparse=True)

    def forward(self, x):
        return self.embed(x).mean(1)


def words():
    return {"x": numpy.random.default_rng(3).integers(0, 30, (ROWS, 6)), "y": classes()}


@pytest.mark.parametrize("optimizer, name", [("sparseadam", "SparseAdam"), ("sgd", "SGD"), ("adagrad", "Adagrad")])  # fmt: skip
def test_sparse_embeddings(tmp_path, optimizer, name):
    recipe = amalgam.Recipe(optimizer=optimizer, **{**TRAIN, "lr": 0.01})
    plain = {**PLAIN, "optimizer": name, "arguments": {"lr": 0.01}}
    Trained(tmp_path, Bag(), words(), recipe, plain, example=torch.zeros(2, 6, dtype=torch.int64)).assert_same()  # fmt: skip


@pytest.mark.parametrize(
    "model, data, recipe, says",
    [
        (Bag, words, {"optimizer": "adam"}, "'embed.weight' is an embedding with sparse gradients, which the optimizer 'adam' does not take; take sgd, adagrad or sparseadam"),
        (Bag, words, {"clip_grad_norm": 1.0}, "has embeddings with sparse gradients, for which clip_grad_norm and accumulate are not there"),
        (mlp, one, {"optimizer": "sparseadam"}, "trains embeddings with sparse gradients alone, and '0.weight' is none"),
    ],
)  # fmt: skip
def test_what_an_optimizer_does_not_take_is_said_at_home(tmp_path, model, data, recipe, says):  # fmt: skip
    example = torch.zeros(2, WIDTH) if model is mlp else torch.zeros(2, 6, dtype=torch.int64)  # fmt: skip
    with pytest.raises(amalgam.Error) as found:
        amalgam.obfuscate(model(), example, data(), recipe=amalgam.Recipe(**{**TRAIN, **recipe}), job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
    assert says in str(found.value), found.value
