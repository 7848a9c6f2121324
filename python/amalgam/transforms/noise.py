"""Noise."""

from __future__ import annotations

import torch
from torch import nn

from .draws import positive


class GaussianNoise(nn.Module):
    """Adds independent normal values of deviation `std` to each value of [N, ...]; in the units of x. Returns float32."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = positive(std, "GaussianNoise: std")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.to(torch.float32)
        return x + torch.randn_like(x) * self.std
