"""Which positions a trained network looks at, by captum: objects stand in the middle, noise is everywhere."""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients, Saliency
from torch import Tensor

from .reference import Fitted

ROWS = 16
INTEGRATION_STEPS = 8


def concentration(amounts: Tensor) -> float:
    """Gini's coefficient of non-negative amounts: 0 where all are equal, 1 where one has all."""
    values = amounts.flatten().sort().values
    count = len(values)
    ranks = torch.arange(1, count + 1)
    total = values.sum().clamp(min=1e-12)
    return float((2 * ranks - count - 1).mul(values).sum() / (count * total))


def correlation(a: Tensor, b: Tensor) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-12))


class Attribution:
    name = "attribution"
    sees = (
        "which positions matter to a trained network (saliency, integrated gradients)"
    )
    statistics: tuple[str, ...] = (
        "concentration of the mean map",
        "concentration in a row",
        "agreement of rows",
        "correlation of neighbours",
        "saliency against integrated gradients",
    )
    naive = 0

    def applies(self, kind: str) -> bool:
        return True

    def measure(self, fitted: Fitted) -> list[float]:
        network, lesson = fitted.network, fitted.lesson
        inputs, targets = (part[:ROWS] for part in lesson.held_out())
        embedded = network.embed(inputs).detach().requires_grad_()
        target = targets if lesson.objective == "classes" else None

        def forward(x: Tensor) -> Tensor:
            found = network.from_embedded(x)
            return found if target is not None else found.flatten(1).square().sum(1)

        saliency = Saliency(forward).attribute(embedded, target=target)
        integrated = IntegratedGradients(forward, multiply_by_inputs=False).attribute(
            embedded, target=target, n_steps=INTEGRATION_STEPS
        )
        maps = by_position(saliency)
        mean = maps.mean(0)
        rows = [correlation(row, mean) for row in maps]
        flat = maps.flatten(0, -2) if maps.dim() > 2 else maps
        return [
            concentration(mean),
            concentration(maps[0]),
            sum(rows) / len(rows),
            correlation(flat[:, 1:], flat[:, :-1]),
            correlation(by_position(integrated), maps),
        ]


def by_position(attributed: Tensor) -> Tensor:
    """Amounts [rows, H, W] or [rows, places], summed over channels or features."""
    amounts = attributed.detach().abs()
    if amounts.dim() == 4:
        return amounts.sum(1)
    return amounts.sum(2) if amounts.dim() == 3 else amounts
