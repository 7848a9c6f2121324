"""The job's own sub-networks: trained for a while as the cloud would, and what a trained file says of them."""

from __future__ import annotations

import importlib.util
import json
import math
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from .leakage import psnr, recover

HELD_OUT_ROWS = 512
HELD_OUT_SHARE = 0.1  # where the job has no held-out rows
STEPS = 300  # whatever the recipe says: a cloud trains as long as it likes
POINTS = 60  # of a curve
LEAK_STEPS = 500
LEAK_SECONDS = 20.0
SALIENCY_ROWS = 16


def module_of(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"job_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Score:
    loss: float
    accuracy: float | None  # of cross entropy
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
            self.held_out = valid.batch(torch.arange(min(HELD_OUT_ROWS, valid.count)), torch.device("cpu"))  # fmt: skip
        else:
            kept = min(HELD_OUT_ROWS, max(1, round(HELD_OUT_SHARE * count)))
            self.training = torch.arange(count - kept)
            self.held_out = self.batch(torch.arange(count - kept, count))
        self.seen = self.batch(self.training[:HELD_OUT_ROWS])

    def batch(self, rows: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.rows.batch(rows, torch.device("cpu"))
        return found

    def network(self, weights: Path) -> nn.Module:
        found: nn.Module = self.model.load(self.folder / "weights.safetensors")
        if weights != self.folder / "weights.safetensors":
            found.load_state_dict(load_file(weights))
        return found

    def learners(self, network: nn.Module) -> list[Any]:
        options = Namespace(device=torch.device("cpu"), world=1, rank=0, compile=False)
        training = self.manifest["training"]
        batches = max(1, math.ceil(len(self.training) / training["batch_size"]))
        subnetworks: Any = network.subnetworks
        return [
            self.trainer.Learner(k, module, recipe, training, batches, options)
            for k, (module, recipe) in enumerate(
                zip(subnetworks, self.manifest["subnetworks"], strict=True)
            )
        ]


@torch.no_grad()
def run_senders(learners: list[Any], number: int, batch: dict[str, Tensor]) -> None:
    """A sub-network that receives reads what those before it made of the same batch."""
    for learner in learners[:number]:
        learner.module(batch)


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
            if learner.recipe["loss"] == "cross_entropy":
                target = learner.module.target(part).flatten()
                counts = target >= 0  # others are ignored
                targets[k].append(target[counts])
                correct[k] += int((output.argmax(-1).flatten() == target)[counts].sum())
    for total, classes, right in zip(totals, targets, correct, strict=True):
        if classes:
            everything = torch.cat(classes)
            total.accuracy = right / max(1, len(everything))
            commonest = (
                everything.unique(return_counts=True)[1].max() if len(everything) else 1
            )
            total.chance = float(commonest) / max(1, len(everything))
    return [vars(total) for total in totals]


def train(
    job: Job, learners: list[Any], seconds: float, progress: Callable[[int, int], None]
) -> list[list[list[float]]]:
    """A curve of [step, loss] for each sub-network: all for the same number of batches."""
    curves: list[list[list[float]]] = [[] for _ in learners]
    size = job.manifest["training"]["batch_size"]
    seed, end = job.manifest["training"]["seed"], time.monotonic() + seconds
    total, every = STEPS, STEPS // POINTS
    for learner in learners:
        learner.total_steps = total  # schedules end here
    done, epoch = 0, 0
    while done < total:
        order = job.training[torch.randperm(len(job.training), generator=torch.Generator().manual_seed(seed + epoch))]  # fmt: skip
        pieces = [rows for rows in order.split(size) if len(rows) > 1]
        if not pieces:
            break
        for index, rows in enumerate(pieces):
            batch = job.batch(rows)
            for learner in learners:
                learner.train_batch(batch, index + 1 == len(pieces), index)
            done += 1
            if done % every == 0 or done == total:
                for curve, learner in zip(curves, learners, strict=True):
                    curve.append([done, learner.metrics(True)["loss"]])
            progress(done, total)
            if done >= total or time.monotonic() > end:
                return curves
        epoch += 1
    return curves


def movement(module: nn.Module, initial: dict[str, Tensor]) -> float:
    """Of all trainable weights together, relative to their initial values."""
    squares = before = 0.0
    for name, parameter in module.named_parameters():
        if parameter.requires_grad and parameter.is_floating_point():
            squares += float((parameter.detach() - initial[name]).square().sum())
            before += float(initial[name].square().sum())
    return math.sqrt(squares / max(1e-12, before))


def gradient_norm(learners: list[Any], number: int, batch: dict[str, Tensor]) -> float:
    learner = learners[number]
    parameters = [p for p in learner.module.parameters() if p.requires_grad]
    if not parameters:
        return 0.0
    run_senders(learners, number, batch)
    loss = learner.forward(batch, learner.module)[1]
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    return math.sqrt(sum(float(g.square().sum()) for g in gradients if g is not None))


def counted_variance(module: nn.Module) -> float | None:
    """The mean logarithm of the variances that batch normalisation counted."""
    logs = [b.clamp(min=1e-9).log().mean() for n, b in module.named_buffers() if n.endswith("running_var")]  # fmt: skip
    return float(torch.stack(logs).mean()) if logs else None


def facts(
    job: Job, network: nn.Module, learners: list[Any], initial: list[dict[str, Tensor]]
) -> list[dict[str, Any]]:
    few = {name: x[:32] for name, x in job.seen.items()}
    network.eval()
    training, held_out = scores(job, learners, job.seen), scores(job, learners, job.held_out)  # fmt: skip
    found = [
        {
            "training": training[k],
            "held_out": held_out[k],
            "moved": movement(learner.module, initial[k]),
            "gradient": gradient_norm(learners, k, few),
            "batch_norm_log_variance": counted_variance(learner.module),
        }
        for k, learner in enumerate(learners)
    ]
    network.train()
    return found


def gradient_leak(job: Job, learners: list[Any], number: int) -> dict[str, Any] | None:  # fmt: skip
    """One row, recovered from the gradient that it gives in a sub-network; None where features are whole numbers."""
    learner = learners[number]
    field = learner.recipe["features"][0]
    name, module = field["tensor"], learner.module
    row = {n: x[:1] for n, x in job.seen.items()}
    if name not in ("x.uint8", "x.float32") or len(learner.recipe["features"]) > 1:
        return None
    positions = getattr(module, field["positions"].rsplit(".", 1)[-1])
    values = row[name].float()
    mean, spread = float(values.mean()), max(1e-6, float(values.std()))
    parameters = [p for p in module.parameters() if p.requires_grad]
    if not parameters:
        return None
    run_senders(learners, number, row)
    end = time.monotonic() + LEAK_SECONDS

    def gradients(guess: Tensor, differentiable: bool) -> Sequence[Tensor]:
        full = values.clone().index_copy(1, positions, guess * spread + mean)
        loss = module.loss(module({**row, name: full}), row)
        found = torch.autograd.grad(loss, parameters, create_graph=differentiable, allow_unused=True)  # fmt: skip
        return [g for g in found if g is not None]

    original = (values[:, positions] - mean) / spread
    begun = time.monotonic()
    recover(gradients, original, field["shape"], 2)
    steps = int(min(LEAK_STEPS, 2 * (end - begun) / max(1e-6, time.monotonic() - begun)))  # fmt: skip
    found, left = recover(gradients, original, field["shape"], max(2, steps))
    shown = (torch.cat([original, found]) * spread + mean).round(decimals=2)
    return {"psnr": psnr(found, original), "distance": left, "values": shown.tolist()}


def saliency(job: Job, learners: list[Any], number: int) -> list[float] | None:
    """How much each position of a stream matters to its sub-network, as captum's saliency has it; the mean over rows."""
    from captum.attr import Saliency

    learner = learners[number]
    field = learner.recipe["features"][0]
    name, module = field["tensor"], learner.module
    if name not in ("x.uint8", "x.float32") or learner.recipe["loss"] != "cross_entropy":  # fmt: skip
        return None
    batch = {n: x[:SALIENCY_ROWS] for n, x in job.held_out.items()}
    target = module.target(batch)
    positions = getattr(module, field["positions"].rsplit(".", 1)[-1])
    if target.numel() != len(batch[name]):
        return None
    run_senders(learners, number, batch)
    found = Saliency(lambda x: module({**batch, name: x})).attribute(batch[name].float().requires_grad_(), target=target)  # fmt: skip
    return [float(v) for v in found[:, positions].abs().mean(0)]


def look_at_job(
    request: dict[str, Any], progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """{"subnetworks": [{"curve", "own": facts after training here, "file": facts of the trained file, ...}]}."""
    torch.set_num_threads(request["threads"])
    job = Job(Path(request["job"]))
    torch.manual_seed(job.manifest["training"]["seed"])
    network = job.network(job.folder / "weights.safetensors")
    learners = job.learners(network)
    initial = [{n: p.detach().clone() for n, p in one.module.named_parameters()} for one in learners]  # fmt: skip
    found: list[dict[str, Any]] = [{} for _ in learners]
    everyone = range(len(learners))
    if request["trained"] is not None:
        sent = job.network(Path(request["trained"]))
        for k, told in enumerate(facts(job, sent, job.learners(sent), initial)):
            found[k]["file"] = told
    if request["seconds"] > 0:
        torch.set_num_threads(1)  # for one row at a time
        network.eval()
        for k in everyone:
            found[k]["leak"] = gradient_leak(job, learners, k)
        torch.set_num_threads(request["threads"])
        network.train()
        curves = train(job, learners, request["seconds"], progress)
        own = facts(job, network, learners, initial)
        network.eval()
        for k in everyone:
            found[k].update(curve=curves[k], own=own[k], saliency=saliency(job, learners, k))  # fmt: skip
    return {"subnetworks": found, "held_out_rows": len(next(iter(job.held_out.values())))}  # fmt: skip
