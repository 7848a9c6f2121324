"""Samples mixed with another sample of their batch, and their targets with them."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .draws import beta, images, per_sample, positive
from .geometry import rectangle


def soft(y: torch.Tensor, classes: int) -> torch.Tensor:
    """Class numbers [N] as rows of probabilities, float32 [N, classes]; real targets as they are."""
    return y if y.is_floating_point() else F.one_hot(y.to(torch.int64), classes).to(torch.float32)  # fmt: skip


class _Mixed(nn.Module):
    """`classes`: how many there are, where y holds class numbers; 0: y holds real numbers [N, ...]. Cross entropy takes
    the soft targets that come out."""

    def __init__(self, classes: int, alpha: float) -> None:
        super().__init__()
        self.classes = classes
        self.alpha = positive(alpha, f"{type(self).__name__}: alpha")

    def targets(self, y: torch.Tensor) -> torch.Tensor:
        if not y.is_floating_point() and self.classes < 2:
            raise ValueError(f"{type(self).__name__}: y holds class numbers; say how many there are, as in classes=10")  # fmt: skip
        return soft(y, self.classes)

    @staticmethod
    def mixed(a: torch.Tensor, partner: torch.Tensor, part: torch.Tensor) -> torch.Tensor:  # fmt: skip
        """part [N] of each row, and the rest of its partner's."""
        part = per_sample(part, a)
        return a * part + a[partner] * (1.0 - part)


class MixUp(_Mixed):
    """Each sample becomes lambda of itself and 1 - lambda of another of its batch, and so does its target; lambda is of
    Beta(alpha, alpha), one a sample. Returns float32. (Zhang et al. 2017, with a lambda for each sample.)"""

    def __init__(self, classes: int = 0, alpha: float = 0.2) -> None:
        super().__init__(classes, alpha)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        y = self.targets(y)
        part = beta(x, self.alpha)
        partner = torch.randperm(x.shape[0], device=x.device)
        return self.mixed(x.to(torch.float32), partner, part), self.mixed(y, partner, part)  # fmt: skip


class CutMix(_Mixed):
    """A rectangle of each image of [N, C, H, W] comes from another one of its batch, and of the target the part that it
    covers; it covers 1 - lambda of the image in its proportion, where lambda is of Beta(alpha, alpha), one a sample, and
    its corner is uniform where it fits. x keeps its dtype. (Yun et al. 2019.)"""

    def __init__(self, classes: int = 0, alpha: float = 1.0) -> None:
        super().__init__(classes, alpha)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        height, width = images(x, "CutMix").shape[2:]
        y = self.targets(y)
        side = (1.0 - beta(x, self.alpha)).sqrt()
        partner = torch.randperm(x.shape[0], device=x.device)
        inside = rectangle(x, side * width, side * height)
        part = 1.0 - inside.to(torch.float32).mean((1, 2))
        return torch.where(inside[:, None], x[partner], x), self.mixed(y, partner, part)
