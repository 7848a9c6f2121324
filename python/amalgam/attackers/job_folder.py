"""A job's folder as its own code reads it: model.py, train.py and rows."""

from __future__ import annotations

import importlib.util
import json
import math
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

HELD_OUT_ROWS = 512
HELD_OUT_SHARE = 0.1  # where the job has no held-out rows


def module_of(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"job_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Score:
    loss: float
    accuracy: float | None  # where it is the metric
    chance: float | None  # the share of the commonest class
    rows: int


class Job:
    """model.py, train.py and the rows of a job's folder."""

    def __init__(self, folder: Path) -> None:
        self.manifest = json.loads((folder / "job.json").read_text())
        self.folder = folder
        self.trainer = module_of(folder / "train.py")
        self.model = module_of(folder / "model.py")
        shards = self.manifest["shards"]
        self.rows, valid = self.trainer.Rows(shards["train"]), self.trainer.Rows(shards["valid"])  # fmt: skip
        count = self.rows.count
        if valid.count:
            self.training = torch.arange(count)
            self.held_out = valid.pick(torch.arange(min(HELD_OUT_ROWS, valid.count)), torch.device("cpu"))  # fmt: skip
        else:
            kept = min(HELD_OUT_ROWS, max(1, round(HELD_OUT_SHARE * count)))
            self.training = torch.arange(count - kept)
            self.held_out = self.batch(torch.arange(count - kept, count))
        self.seen = self.batch(self.training[:HELD_OUT_ROWS])

    def batch(self, rows: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.rows.pick(rows, torch.device("cpu"))
        return found

    def network(self, weights: Path) -> nn.Module:
        found: nn.Module = self.model.load(self.folder / "weights.safetensors")
        if weights != self.folder / "weights.safetensors":
            found.load_state_dict(load_file(weights))
        return found

    def learners(self, network: nn.Module) -> list[Any]:
        training = self.manifest["training"]
        batches = max(1, math.ceil(len(self.training) / training["batch_size"]))
        subnetworks: Any = network.subnetworks
        return [
            self.trainer.Learner(
                k, module, entry["recipe"], training, batches, torch.device("cpu")
            )
            for k, (module, entry) in enumerate(
                zip(subnetworks, self.manifest["subnetworks"], strict=True)
            )
        ]

    def features(self, number: int) -> list[dict[str, Any]]:
        """What job.json says of the fields that a sub-network's inputs take, in their order."""
        fields = self.manifest["subnetworks"][number]["fields"]
        return [field for field in fields if field["role"] == "feature"]


@torch.no_grad()
def run_senders(learners: list[Any], number: int, batch: dict[str, Tensor]) -> None:
    """A sub-network that receives reads what those before it made of the same batch."""
    for learner in learners[:number]:
        learner.module(batch)


def compared(module: Any, output: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Scores and targets: forward() gives a pair where a transform makes targets, and a list where the loss takes several."""
    made = isinstance(output, tuple)
    output, target = output if made else (output, module.target(batch))
    return (output[0] if isinstance(output, list) else output), target


@torch.no_grad()
def scores(job: Job, learners: list[Any], batch: dict[str, Tensor]) -> list[dict[str, Any]]:  # fmt: skip
    """Of each sub-network, in eval mode, a batch of the job's size at a time."""
    count = len(next(iter(batch.values())))
    size = job.manifest["training"]["batch_size"]
    totals = [Score(0.0, None, None, count) for _ in learners]
    targets: list[list[Tensor]] = [[] for _ in learners]
    correct = [0] * len(learners)
    for first in range(0, count, size):
        part = {name: x[first : first + size] for name, x in batch.items()}
        for k, learner in enumerate(learners):
            output, loss = learner.forward(part, learner.module)
            totals[k].loss += float(loss) * len(next(iter(part.values()))) / count
            if learner.recipe["metric"] == "accuracy":
                output, target = compared(learner.module, output, part)
                named = output.argmax(-1)  # scores are last, or first behind the batch
                named = output.argmax(1) if named.shape != target.shape else named
                counts = target >= 0  # others are ignored
                targets[k].append(target[counts])
                correct[k] += int((named == target)[counts].sum())
    for total, classes, right in zip(totals, targets, correct, strict=True):
        if classes:
            everything = torch.cat(classes)
            total.accuracy = right / max(1, len(everything))
            commonest = (
                everything.unique(return_counts=True)[1].max() if len(everything) else 1
            )
            total.chance = float(commonest) / max(1, len(everything))
    return [vars(total) for total in totals]
