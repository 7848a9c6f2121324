"""What train.py measures of held-out rows, against the same counted by hand on the extracted model."""

import json
import math

import amalgam
import numpy
import pytest
import torch
from conftest import SEED, metrics, obfuscate_call, plan_of, refused, run, train_job
from own_programs import Focal
from torch import nn
from torch.nn import functional as F

ROWS, WIDTH, CLASSES = 80, 6, 4


def features(seed, *shape):
    return numpy.random.default_rng(seed).normal(0, 1, (ROWS, *shape)).astype(numpy.float32)  # fmt: skip


def classes(seed, *shape):
    return numpy.random.default_rng(seed).integers(0, CLASSES, (ROWS, *shape))


def mlp(outputs=CLASSES):
    return nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, outputs))


def measured(folder, model, training, held_out, recipe, **own):
    """The last line on held-out rows, the extracted model's outputs there, and the rows' targets."""
    example = torch.zeros(2, *training[0].shape[1:], dtype=torch.int64 if training[0].dtype == numpy.int64 else torch.float32)  # fmt: skip
    given = [{"x": x} if y is None else {"x": x, "y": y} for x, y in (training, held_out)]  # fmt: skip
    amalgam.obfuscate(model, example, given[0], validation=given[1], recipe=amalgam.Recipe(lr=0.1, epochs=2, batch_size=16, **recipe), job=folder / "job", key=folder / "key", seed=SEED, progress=False, **own)  # fmt: skip
    train_job(folder / "job", folder / "result")
    plan = plan_of(folder / "key")
    k = plan["wanted"]["task"]["subnetwork"]
    rows = plan["streams"][k]["held_out"]
    amalgam.extract(folder / "result", key=folder / "key", into=model)
    model.eval()
    with torch.no_grad():
        output = model(torch.as_tensor(held_out[0])[rows])
    line = [m for m in metrics(folder / "result") if m["split"] == "valid" and m["sub-network"] == k][-1]  # fmt: skip
    return line, output, None if held_out[1] is None else torch.as_tensor(held_out[1])[rows]  # fmt: skip


def by_class(best, y, ignored=None):
    """TP, FP and FN of each class."""
    pairs = [(int(b), int(t)) for b, t in zip(best.flatten(), y.flatten(), strict=True) if int(t) != ignored]  # fmt: skip
    return [(sum(b == t == c for b, t in pairs), sum(b == c != t for b, t in pairs), sum(b != c == t for b, t in pairs)) for c in range(CLASSES)]  # fmt: skip


def mean(values):
    return sum(values) / len(values)


@pytest.mark.parametrize("metric", ["top_2", "mean_iou", "f1", "perplexity", "accuracy"])  # fmt: skip
def test_metrics_of_classes(tmp_path, metric):
    torch.manual_seed(0)
    data, held_out = (features(0, WIDTH), classes(1)), (features(2, WIDTH), classes(3))
    line, output, y = measured(tmp_path, mlp(), data, held_out, {"metric": metric})
    counts = by_class(output.argmax(1), y)
    best = output.topk(2, 1).indices
    expected = {
        "top_2": (best == y[:, None]).any(1).double().mean().item(),
        "mean_iou": mean([a / (a + b + c) for a, b, c in counts if a + b + c]),
        "f1": mean([2 * a / (2 * a + b + c) for a, b, c in counts if a + b + c]),
        "perplexity": math.exp(F.cross_entropy(output.double(), y).item()),
        "accuracy": (output.argmax(1) == y).double().mean().item(),
    }[metric]
    assert line[metric] == pytest.approx(expected, rel=1e-5)
    recipe = json.loads((tmp_path / "job" / "job.json").read_text())["subnetworks"][0]["recipe"]  # fmt: skip
    assert recipe["best"] == {"metric": metric, "better": "lower" if metric == "perplexity" else "higher"}  # fmt: skip
    said = run("extract", "--key", tmp_path / "key", "--trained", tmp_path / "result", "--out", tmp_path / "w").stdout  # fmt: skip
    assert f"{metric} {line[metric]:.4g}" in said


def test_masks_with_pixels_that_do_not_count(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, CLASSES, 1))  # fmt: skip
    y = [classes(s, 5, 5).astype(numpy.uint8) for s in (1, 3)]
    for one in y:
        one[:, 0] = 255
    line, output, y = measured(tmp_path, model, (features(0, 2, 5, 5), y[0]), (features(2, 2, 5, 5), y[1]), {"metric": "mean_iou", "loss_arguments": {"ignore_index": 255}})  # fmt: skip
    counts = by_class(output.argmax(1), y, 255)
    assert line["mean_iou"] == pytest.approx(mean([a / (a + b + c) for a, b, c in counts]))  # fmt: skip


def test_many_labels(tmp_path):
    torch.manual_seed(0)
    y = [(features(s, CLASSES) > 0.3).astype(numpy.float32) for s in (1, 3)]
    line, output, y = measured(tmp_path, mlp(), (features(0, WIDTH), y[0]), (features(2, WIDTH), y[1]), {"loss": "bce_with_logits", "metric": "f1"})  # fmt: skip
    found, there = output > 0, y > 0.5
    each = 2 * (found & there).sum(0) / (found.sum(0) + there.sum(0)).clamp(min=1)
    some = (found.sum(0) + there.sum(0)) > 0
    assert line["f1"] == pytest.approx(each[some].mean().item())


def test_perplexity_of_next_tokens(tmp_path):
    class Language(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.head = nn.Embedding(16, 8), nn.Linear(8, 16)

        def forward(self, x):
            return self.head(self.embed(x))

    x = [numpy.random.default_rng(s).integers(0, 16, (ROWS, 7)) for s in (0, 1)]
    line, output, _ = measured(tmp_path, Language(), (x[0], None), (x[1], None), {"loss": "next_token", "metric": "perplexity"})  # fmt: skip
    rows = plan_of(tmp_path / "key")["streams"][line["sub-network"]]["held_out"]
    y = torch.as_tensor(x[1])[rows][:, 1:]
    expected = F.cross_entropy(output[:, :-1].flatten(0, 1).double(), y.flatten())
    assert line["perplexity"] == pytest.approx(math.exp(expected), rel=1e-5)


def test_a_metric_of_ones_own_beside_a_loss_of_ones_own(tmp_path):
    def nearly(output, y):
        """Of the rows that are sure, how many are right; two numbers, of which one is never there."""
        sure, best = output.softmax(1).max(1)
        right = ((best == y) & (sure > 0.3)).sum()
        return torch.stack([right, right * 0]), torch.stack([(sure > 0.3).sum(), right * 0])  # fmt: skip

    torch.manual_seed(0)
    data, held_out = (features(0, WIDTH), classes(1)), (features(2, WIDTH), classes(3))
    line, output, y = measured(tmp_path, mlp(), data, held_out, {}, loss=Focal([1.0] * CLASSES), metric=nearly)  # fmt: skip
    above, below = nearly(output, y)
    assert line["metric"] == pytest.approx((above[0] / below[0]).item())


@pytest.mark.parametrize(
    "lines, says",
    [
        ('metric = "acuracy"', "did you mean 'accuracy'?"),
        ('metric = "mIoU"', "did you mean 'mean_iou'?"),
        ('metric = "top_0"', "'top_0' is unknown"),
        ('metric = "accuracy"\nloss = "mse"', "is accuracy, which the loss mse has not; it has loss, FILE.pt2"),
        ('optimizer = ["adam", "sgd"]', "optimizers that take turns"),
        ('sampler = "weighted"', "each row once an epoch"),
        ("fsdp = true", "trains whole on one"),
    ],
)  # fmt: skip
def test_misuse_of_a_recipe_is_one_line(tmp_path, lines, says):
    (tmp_path / "recipe.toml").write_text(f"[train]\n{lines}\n")
    (line,) = refused(*obfuscate_call(tmp_path, model="m", data="d", recipe=tmp_path / "recipe.toml", job="j", key="k"))  # fmt: skip
    assert says in line, line


@pytest.mark.parametrize(
    "metric, says",
    [
        (lambda output, y: (output.argmax(1) == y).sum(), "the metric returns 1 tensors; expected two"),
        (lambda output, other: (output.sum(), output.sum()), "takes 'output' and 'other', and the model has one output"),
        ("accuracy", "expected a module, a function or the path"),
    ],
)  # fmt: skip
def test_misuse_of_a_metric_is_one_line(tmp_path, metric, says):
    call = (mlp(), torch.zeros(2, WIDTH), (features(0, WIDTH), classes(1)))
    with pytest.raises(amalgam.Error) as found:
        amalgam.obfuscate(*call, metric=metric, recipe=amalgam.Recipe(lr=0.1), job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
    assert says in str(found.value), found.value


def test_more_classes_than_there_are(tmp_path):
    with pytest.raises(amalgam.Error, match="top_9, of more classes than the model"):
        amalgam.obfuscate(mlp(), torch.zeros(2, WIDTH), (features(0, WIDTH), classes(1)), recipe=amalgam.Recipe(lr=0.1, metric="top_9"), job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
