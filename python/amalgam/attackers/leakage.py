"""A row recovered from the gradient that it gives: by matching gradients' directions, with total variation as a prior
(Geiping et al. 2020), and with the label known (Zhao et al. 2020). It works on every stream alike where it works; what it recovers may still look like one of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from .reference import Fitted, loss_of

STEPS = 40
RATE = 0.1
SMOOTHNESS = 0.01  # weight of the total variation of what is recovered


def direction_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    flat_a = torch.cat([t.flatten() for t in a])
    flat_b = torch.cat([t.flatten() for t in b])
    return 1 - functional.cosine_similarity(flat_a, flat_b, dim=0)


def variation(image: Tensor) -> Tensor:
    """Of [..., H, W]: the mean difference of neighbours."""
    return image.diff(dim=-1).abs().mean() + image.diff(dim=-2).abs().mean()


def recover(
    gradients: Callable[[Tensor, bool], Sequence[Tensor]],
    wanted: Tensor,
    shape: Sequence[int],
    steps: int = STEPS,
) -> tuple[Tensor, float]:
    """The row whose gradient has the direction of `wanted`'s, and the distance that is left.

    gradients(row, differentiable): those of a network's parameters at a row; values are scaled to deviation 1. A row of
    the shape [C, H, W] is taken to be smooth.
    """
    target = [gradient.detach() for gradient in gradients(wanted, False)]
    least, most = float(wanted.min()), float(wanted.max())
    guess = torch.zeros_like(wanted).requires_grad_()
    optimizer = torch.optim.Adam([guess], lr=RATE)
    distance = torch.zeros(())
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 + math.cos(math.pi * step / steps)) / 2
        distance = direction_distance(gradients(guess, True), target)
        loss = distance
        if len(shape) == 3:
            loss = distance + SMOOTHNESS * variation(guess.view(-1, *shape))
        (guess.grad,) = torch.autograd.grad(loss, [guess])
        guess.grad.sign_()
        optimizer.step()
        with torch.no_grad():
            guess.clamp_(least, most)
    return guess.detach(), float(distance.detach())


def psnr(found: Tensor, original: Tensor) -> float:
    """In decibels, against the original's range."""
    span = float(original.max() - original.min())
    error = float((found - original).square().mean())
    return 10 * math.log10(max(1e-9, span * span) / max(1e-9, error))


class Leakage:
    name = "gradient leakage"
    sees = "what can be recovered of a row from the gradient that it gives"
    statistics: tuple[str, ...] = ("PSNR of what is recovered", "distance of gradients that is left", "roughness of what is recovered")  # fmt: skip
    naive = 0

    def applies(self, kind: str) -> bool:
        return kind != "text"

    def measure(self, fitted: Fitted) -> list[float]:
        network, lesson = fitted.network, fitted.lesson
        inputs, targets = (part[:1] for part in lesson.training())
        parameters = list(network.parameters())

        def gradients(row: Tensor, differentiable: bool) -> Sequence[Tensor]:
            loss = loss_of(lesson, network(row), targets)
            return torch.autograd.grad(loss, parameters, create_graph=differentiable)

        found, left = recover(gradients, inputs, inputs.shape[1:])
        roughness = found.diff(dim=-1).abs().mean() / found.std().clamp(min=1e-6)
        return [psnr(found, inputs), left, float(roughness)]
