"""Law 3 for trainings that people call by a name, each through Python and through the commands: eager PyTorch is the oracle."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

import amalgam
import amalgam.transforms as T
import numpy
import plain_training
import pytest
import tomli_w
import torch
from command_lines import one_thread, train_call
from conftest import (
    SEED,
    assert_same_state,
    extract_call,
    images,
    metrics,
    obfuscate_call,
    plan_of,
    run,
    same_bits,
    train_job,
)
from own_programs import Focal, Language, TwoHeads
from plain_fields import arguments_of
from safetensors.torch import load_file
from test_losses import bert
from test_recipes import Net
from torch import nn
from torch.nn import functional as F
from warm_python import warm_python

ROWS, CLASSES, VOCABULARY, LENGTH, IGNORED = 100, 4, 32, 12, 255
TRAIN = {"lr": 0.05, "batch_size": 16, "epochs": 2}
PLAIN = {"arguments": {"lr": 0.05}, "batch_size": 16, "epochs": 2}


@dataclass
class Case:
    """A training as its owner writes it down, and the same for plain_training."""

    model: Callable
    data: Callable  # of a seed: arrays by field
    train: dict = field(default_factory=dict)  # what [train] has beside TRAIN
    plain: dict = field(default_factory=dict)
    input: dict = field(default_factory=dict)  # of both
    targets: tuple = ("y",)
    own: dict = field(default_factory=dict)  # loss and transforms
    guest: bool = False  # a decoy on data of its own; else there is a generated one
    held_out: bool = False
    kept: tuple = ()  # which other weights come back beside the last
    measured: Callable | None = None  # of outputs and targets: the recipe's metric

    def parts(self, data):
        """Features and targets."""
        return [{n: a for n, a in data.items() if (n in self.targets) == wanted} for wanted in (False, True)]  # fmt: skip

    def sample(self, data):
        """What the model takes of a few rows."""
        some = {n: torch.as_tensor(a[:4]) for n, a in self.parts(data)[0].items()}
        return {n: t.float() if t.dtype == torch.uint8 else t for n, t in some.items()}


class ThroughPython:
    def __init__(self, folder, case, model, data, held_out, guest):
        self.result, self.key = folder / "result", folder / "home.key"
        recipe = amalgam.Recipe(**TRAIN | case.train, input=case.input, targets=case.targets)  # fmt: skip
        decoys = [amalgam.Task(None, train_set=guest)] if case.guest else None
        amalgam.obfuscate(model, case.sample(data), data, validation=held_out, recipe=recipe, decoys=decoys, job=folder / "job", key=self.key, seed=SEED, progress=False, into=model, **case.own)  # fmt: skip
        train_job(folder / "job", self.result)

    def weights(self, which=None):
        return amalgam.extract(self.result, key=self.key, **{which: True} if which else {})  # fmt: skip


class ThroughCommands:
    def __init__(self, folder, case, model, data, held_out, guest):
        self.folder, self.result, self.key = folder, folder / "result", folder / "key"
        for name, arrays in (("d", data), ("valid", held_out), ("guest", guest)):
            if arrays:
                numpy.savez(folder / f"{name}.npz", **arrays)
        export(model, case.sample(data), folder / "m.pt2")
        self.export_programs(case, model, data)
        (folder / "r.toml").write_text(self.recipe(case))
        more = ["--validation", folder / "valid.npz"] if held_out else []
        more += ["--decoy", f"@{folder / 'guest.npz'}"] if guest else []
        run(*obfuscate_call(folder, *more, "--seed", SEED))
        job = train_call(folder / "job", self.result, python=warm_python())
        subprocess.run(job, check=True, capture_output=True, env=one_thread())
        model.load_state_dict(self.extracted(folder / "job" / "weights.safetensors"))

    def export_programs(self, case, model, data):
        """Each with a few rows of the fields and outputs that its arguments name."""
        fields = {n: torch.as_tensor(a[:4]) for n, a in data.items()}
        if "loss" in case.own:
            with torch.no_grad():
                given = model.eval()(**case.sample(data))
            fields |= given if isinstance(given, dict) else {"output": given}
            model.train()
        for name, module in case.own.items():
            inputs = {n: fields[n] for n in arguments_of(module) if n in fields}
            export(module, inputs, self.folder / f"{name}.pt2")

    def recipe(self, case):
        tables = {"train": TRAIN | case.train, "input": dict(case.input)}
        if case.targets:
            tables["data"] = {"targets": case.targets}
        for name in case.own:
            tables["train" if name == "loss" else "input"][name] = f"{name}.pt2"
        return tomli_w.dumps(tables)

    def extracted(self, trained, *options):
        out = self.folder / f"weights{len(list(self.folder.glob('weights*')))}"
        run(*extract_call(self.key, trained, out, *options))
        return load_file(out)

    def weights(self, which=None):
        return self.extracted(self.result, *[f"--{which}"] if which else [])


def export(module, fields, path):
    """As README has it: in train mode, with a batch of any size."""
    batch = torch.export.Dim("batch", min=2)
    shapes = {name: {0: batch} for name in fields}
    torch.export.save(torch.export.export(module, (), fields, dynamic_shapes=shapes), path)  # fmt: skip


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.deep, self.last = self.block(3, 8), self.block(8, 16), self.block(16, 8)  # fmt: skip
        self.down, self.up = nn.Conv2d(8, 8, 3, 2, 1), nn.ConvTranspose2d(16, 8, 2, 2)
        self.head = nn.Conv2d(8, CLASSES, 1)

    @staticmethod
    def block(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())  # fmt: skip

    def forward(self, x):
        beside = self.first(x)
        deep = self.up(self.deep(self.down(beside)))
        return self.head(self.last(torch.cat([beside, deep], 1)))


def pictures_with_masks(seed):
    """Bright pixels are of higher classes; a border counts not at all."""
    x, _ = images((3, 16, 16), ROWS, CLASSES, seed)
    y = x[:, 0] // (256 // CLASSES)
    y[:, :2] = IGNORED
    return {"x": x, "y": y}


class NamedHeads(TwoHeads):
    def forward(self, x):
        kinds, sizes = super().forward(x)
        return {"kinds": kinds, "sizes": sizes}


class Both(nn.Module):
    def forward(self, kinds, sizes, kind, size):
        return F.cross_entropy(kinds, kind) + 0.1 * F.mse_loss(sizes[:, 0], size)


def vectors(seed):
    """Classes by a rule that holds for every seed, and noise, so that learning too long is seen on held-out rows."""
    random = numpy.random.default_rng(seed)
    x = random.normal(0, 1, (ROWS, 12)).astype(numpy.float32)
    noise = random.normal(0, 0.7, (ROWS, CLASSES))
    return {"x": x, "y": (x[:, :CLASSES] + noise).argmax(1)}


def two_targets(seed):
    x, y = vectors(seed).values()
    return {"x": x, "kind": y, "size": x.mean(1)}


def many_labels(seed):
    x = vectors(seed)["x"]
    return {"x": x, "y": (x[:, :CLASSES] > 0).astype(numpy.float32)}


def texts(seed):
    """Token 0 fills short ones up, and the mask says so; 1 is the masks' own."""
    random = numpy.random.default_rng(seed)
    there = numpy.arange(LENGTH) < random.integers(3, LENGTH + 1, (ROWS, 1))
    tokens = random.integers(2, VOCABULARY, (ROWS, LENGTH)) * there
    return {"input_ids": tokens, "attention_mask": there.astype(numpy.int64)}


def labelled_texts(seed):
    return texts(seed) | {"labels": texts(seed)["input_ids"][:, 0] % 3}


class MaskedLanguage(Language):
    """Padding is not looked at."""

    def forward(self, input_ids, attention_mask):
        x = self.tokens(input_ids)
        x = self.layer(x, src_key_padding_mask=attention_mask == 0)
        return self.head(x)


class Masking(nn.Module):
    """Targets are -100, which the loss ignores, but where tokens are chosen."""

    def __init__(self):
        super().__init__()
        self.mask = T.MaskTokens(mask=1, vocabulary=VOCABULARY, special=[0])

    def forward(self, input_ids):
        found = self.mask(input_ids)
        return {"input_ids": found["x"], "y": found["y"]}


def f1(output, y):
    """Of each label 2 TP / (2 TP + FP + FN), and their mean."""
    found, there = output > 0, y > 0.5
    return (2 * (found & there).sum(0) / (found.sum(0) + there.sum(0))).mean().item()


BORDER = {"loss_arguments": {"ignore_index": IGNORED}}
ADAMW = {"optimizer": "adamw", "lr": 0.01}
PLAIN_ADAMW = {"optimizer": "AdamW", "arguments": {"lr": 0.01}}
OF_ITSELF = {"loss": "model", "output": "loss", "keywords": ["input_ids", "attention_mask", "labels"]}  # fmt: skip
WEIGHED = {"loss": "bce_with_logits", "loss_arguments": {"pos_weight": [1.0, 3.0, 0.5, 2.0]}}  # fmt: skip
CYCLE = {"epochs": 8, "schedule": {"kind": "one_cycle"}, "ema": 0.9}
GROUPS = [{"match": "backbone.0.*", "lr": 0.01}, {"match": ["head.weight", "head.b*"], "lr": 0.4}]  # fmt: skip
PLAIN_GROUPS = [
    {"names": ["backbone.0.weight", "backbone.0.bias"], "arguments": {"lr": 0.01}},
    {"names": ["head.weight", "head.bias"], "arguments": {"lr": 0.4}},
]

# Settings follow TRAIN and PLAIN: the recipe's, then plain_training's.
CASES = {
    "focal loss with class weights": Case(Net, vectors, own={"loss": Focal([0.5, 1.0, 2.0, 0.25])}),
    "U-Net on masks": Case(UNet, pictures_with_masks, BORDER, BORDER, {"scale": 255.0}, guest=True),
    "two heads": Case(NamedHeads, two_targets, targets=("kind", "size"), own={"loss": Both()}, guest=True),
    "masked language model": Case(lambda: MaskedLanguage(VOCABULARY), texts, ADAMW, PLAIN_ADAMW, targets=(), own={"transform": Masking(), "eval_transform": Masking()}, held_out=True),
    "BERT": Case(bert, labelled_texts, ADAMW | {"loss": "model"}, PLAIN_ADAMW | OF_ITSELF, targets=()),
    "many labels": Case(Net, many_labels, WEIGHED | {"metric": "f1"}, WEIGHED, held_out=True, measured=f1),
    "layer-wise rates": Case(Net, vectors, CYCLE | {"momentum": 0.9, "group": GROUPS}, CYCLE | {"arguments": {"lr": 0.05, "momentum": 0.9}, "groups": PLAIN_GROUPS}, held_out=True, kept=("best", "ema")),
}  # fmt: skip


def train_plainly(case, model, data, held_out, stream):
    """The owner's modules alone, from the job's start; returns what is kept beside the last weights."""
    kept, recipe = {}, PLAIN | case.plain | {"input": case.input}
    if held_out:
        held_out = (*case.parts(held_out), stream["held_out"])
    plain_training.train(model, *case.parts(data), stream["rows"], recipe, held_out=held_out, kept=kept, **case.own)  # fmt: skip
    return kept


def assert_measured(case, job, number, model, held_out):
    """The last epoch's metric, against the same of the plain model on the held-out rows."""
    lines = [m for m in metrics(job.result) if (m["split"], m["sub-network"]) == ("valid", number)]  # fmt: skip
    x, y = (torch.as_tensor(held_out[n]) for n in "xy")
    with torch.no_grad():
        expected = case.measured(model.eval()(x), y)
    assert lines[-1][case.train["metric"]] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("way", [ThroughPython, ThroughCommands])
@pytest.mark.parametrize("name", CASES)
def test_same_training(tmp_path, name, way):
    case = CASES[name]
    model, data = case.model(), case.data(1)
    held_out = case.data(2) if case.held_out else None
    guest = case.data(3) if case.guest else None
    job = way(tmp_path, case, model, data, held_out, guest)
    plan = plan_of(job.key)
    assert len(plan["streams"]) > 1
    number = plan["wanted"]["task"]["subnetwork"]
    kept = train_plainly(case, model, data, held_out, plan["streams"][number])
    state = model.state_dict()
    assert_same_state(job.weights(), state)
    for which in case.kept:
        expected = state | kept[which]
        assert_same_state(job.weights(which), expected)
        assert not all(same_bits(expected[n], t) for n, t in state.items())
    if case.measured:
        assert_measured(case, job, number, model, held_out)
