"""What training leaves in a network: how far weights moved, gradients, and the statistics of batch normalisation."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .reference import Fitted


def moved(fitted: Fitted, name: str) -> float:
    before, after = fitted.initial[name], fitted.network.state_dict()[name]
    return float((after - before).norm() / before.norm().clamp(min=1e-6))


def neighbour_correlation(filters: Tensor) -> float:
    """Of a first convolution's change: smooth filters answer to smooth pictures."""
    a, b = filters[..., 1:].flatten(), filters[..., :-1].flatten()
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-9))


class Weights:
    name = "weights, gradients, batch norm"
    sees = "how far a network's weights moved, its gradients, and what its batch normalisation counted"
    statistics: tuple[str, ...] = (
        "movement of the first layer",
        "movement of the last layer",
        "singular values of the first layer's change",
        "correlation of neighbouring weights",
        "log gradient, first layer, before",
        "log gradient, last layer, before",
        "log gradient, first layer, after",
        "log gradient, last layer, after",
        "log variance counted",
        "spread of variances counted",
        "mean counted",
    )
    naive = 0

    def applies(self, kind: str) -> bool:
        return True

    def measure(self, fitted: Fitted) -> list[float]:
        names = [n for n, p in fitted.network.named_parameters() if p.dim() > 1]
        change = fitted.network.state_dict()[names[0]] - fitted.initial[names[0]]
        singular = torch.linalg.svdvals(change.flatten(1))
        share = float(singular[0] / singular.sum().clamp(min=1e-9))
        gradients = [math.log(max(1e-9, norms[i])) for norms in fitted.gradients for i in (0, -2)]  # fmt: skip
        return [
            moved(fitted, names[0]),
            moved(fitted, names[-1]),
            share,
            neighbour_correlation(change) if change.dim() == 4 else 0.0,
            *gradients,
            *self.batch_norm(fitted.network),
        ]

    @staticmethod
    def batch_norm(network: nn.Module) -> list[float]:
        layers = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]  # fmt: skip
        if not layers or layers[0].running_var is None or layers[0].running_mean is None:  # fmt: skip
            return [0.0, 0.0, 0.0]
        log = layers[0].running_var.clamp(min=1e-9).log()
        return [float(log.mean()), float(log.std()), float(layers[0].running_mean.abs().mean())]  # fmt: skip
