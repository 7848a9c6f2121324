"""The job's own sub-networks, trained for a while by the job's own trainer, and what is seen of them afterwards."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from .job_folder import Job, run_senders, scores

# Batches, whatever the recipe says, because a cloud trains as long as it likes: some, and more while a sub-network is at
# chance that another has left behind.
STEPS, MOST_STEPS = 300, 1500
EVERY = 5  # batches between two points of a curve
LEARNS = 6.0  # standard deviations above chance


def left_behind(job: Job, network: nn.Module, learners: list[Any]) -> bool:
    """Whether some sub-network surely tells classes of held-out rows, and another does not yet."""
    network.eval()
    learned = []
    for found in scores(job, learners, job.held_out):
        if found["accuracy"] is None:
            return False
        deviation = math.sqrt(found["chance"] * (1 - found["chance"]) / found["rows"])
        learned.append(found["accuracy"] - found["chance"] > LEARNS * deviation)
    network.train()
    return any(learned) and not all(learned)


def batches(job: Job) -> Iterator[tuple[Tensor, int, bool]]:
    """Rows, in which batch of an epoch, and whether it is the epoch's last, without an end."""
    size, seed = (job.manifest["training"][name] for name in ("batch_size", "seed"))
    for epoch in itertools.count():
        generator = torch.Generator().manual_seed(seed + epoch)
        order = job.training[torch.randperm(len(job.training), generator=generator)]
        pieces = [rows for rows in order.split(size) if len(rows) > 1]
        for index, rows in enumerate(pieces):
            yield rows, index, index + 1 == len(pieces)
        if not pieces:
            return


def train(
    job: Job,
    network: nn.Module,
    learners: list[Any],
    seconds: float,
    progress: Callable[[int, int], None],
) -> list[list[list[float]]]:
    """A curve of [batches, loss] for each sub-network: all for the same number of batches."""
    curves: list[list[list[float]]] = [[] for _ in learners]
    end = time.monotonic() + seconds
    for learner in learners:
        learner.total_steps = MOST_STEPS  # where schedules end
    for done, (rows, index, last) in enumerate(batches(job), 1):
        batch = job.batch(rows)
        for learner in learners:
            learner.train_batch(batch, last, index)
        if done % EVERY == 0:
            for curve, learner in zip(curves, learners, strict=True):
                curve.append([done, learner.metrics(True)["loss"]])
        progress(done, MOST_STEPS)
        if done >= MOST_STEPS or time.monotonic() > end:
            break
        if done % STEPS == 0 and not left_behind(job, network, learners):
            break
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
