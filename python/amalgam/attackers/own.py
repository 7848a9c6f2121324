"""What the cloud sees of the job's own sub-networks: untrained, trained for a while, and in a trained file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from captum.attr import Saliency
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from .job_folder import Job, compared, run_senders
from .job_training import facts, train
from .leakage import psnr, recover

LEAK_STEPS = 500
LEAK_SECONDS = 20.0
SALIENCY_ROWS = 16


def float_columns(learner: Any, fields: Sequence[dict[str, Any]]) -> tuple[str, Tensor] | None:  # fmt: skip
    """The tensor of a batch that a sub-network reads first, and its columns there; None where they are whole numbers."""
    field = fields[0]
    if field["tensor"] not in ("x.uint8", "x.float32"):
        return None
    return field["tensor"], getattr(learner.module, field["positions"])


def gradient_leak(job: Job, learners: list[Any], number: int) -> dict[str, Any] | None:  # fmt: skip
    """One row, recovered from the gradient that it gives in a sub-network; None where features are whole numbers, or a
    gradient cannot be differentiated."""
    module, features = learners[number].module, job.features(number)
    read = float_columns(learners[number], features)
    if read is None or len(features) > 1:
        return None
    name, positions = read
    row = {n: x[:1] for n, x in job.seen.items()}
    values = row[name].float()
    mean, spread = float(values.mean()), max(1e-6, float(values.std()))
    parameters = [p for p in module.parameters() if p.requires_grad]
    if not parameters:
        return None
    run_senders(learners, number, row)

    def gradients(guess: Tensor, differentiable: bool) -> Sequence[Tensor]:
        full = values.clone().index_copy(1, positions, guess * spread + mean)
        loss = module.loss(module({**row, name: full}), row)
        found = torch.autograd.grad(loss, parameters, create_graph=differentiable, allow_unused=True)  # fmt: skip
        return [g for g in found if g is not None]

    original = (values[:, positions] - mean) / spread

    def recovered(steps: int) -> tuple[Tensor, float]:
        return recover(gradients, original, features[0]["shape"], steps)

    try:
        with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
            recovered(1)  # what torch imports at a first step is no step's price
            # Of this thread, so that a busy machine takes longer and not fewer steps.
            begun = time.thread_time()
            recovered(2)
            price = max(1e-6, (time.thread_time() - begun) / 2)
            found, left = recovered(max(2, int(min(LEAK_STEPS, LEAK_SECONDS / price))))
    except (RuntimeError, NotImplementedError):
        return None  # some operation cannot be differentiated twice
    shown = (torch.cat([original, found]) * spread + mean).round(decimals=2)
    return {"psnr": psnr(found, original), "distance": left, "values": shown.tolist()}


def saliency(job: Job, learners: list[Any], number: int) -> list[float] | None:
    """How much each position of a stream matters to its sub-network, as captum's saliency has it; the mean over rows."""
    module = learners[number].module
    read = float_columns(learners[number], job.features(number))
    if read is None or learners[number].recipe["metric"] != "accuracy":
        return None
    name, positions = read
    batch = {n: x[:SALIENCY_ROWS] for n, x in job.held_out.items()}
    _, target = compared(module, module(batch), batch)
    if target.numel() != len(batch[name]):
        return None
    run_senders(learners, number, batch)
    found = Saliency(lambda x: compared(module, module({**batch, name: x}), batch)[0]).attribute(batch[name].float().requires_grad_(), target=target)  # fmt: skip
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
        curves = train(job, network, learners, request["seconds"], progress)
        own = facts(job, network, learners, initial)
        network.eval()
        for k in everyone:
            found[k].update(curve=curves[k], own=own[k], saliency=saliency(job, learners, k))  # fmt: skip
    return {"subnetworks": found}
