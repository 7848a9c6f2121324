"""Random numbers, one a sample, from torch's default generator; and checks of what a transform is made with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

Range = tuple[float, float]


def uniform(like: torch.Tensor, least: float, most: float) -> torch.Tensor:
    """float32 [N], uniform from `least` to `most`; N and the device are those of `like` [N, ...]."""
    drawn = torch.rand(like.shape[0], device=like.device)
    return drawn.mul(most - least).add(least)


def happens(like: torch.Tensor, p: float) -> torch.Tensor:
    """bool [N], each true with probability `p`."""
    return torch.rand(like.shape[0], device=like.device) < p


def whole(like: torch.Tensor, least: int, most: int) -> torch.Tensor:
    """int64 [N], uniform from `least` to `most`, both included."""
    return torch.randint(least, most + 1, (like.shape[0],), device=like.device)


def beta(like: torch.Tensor, alpha: float) -> torch.Tensor:
    """float32 [N], of Beta(alpha, alpha): x / (x + y) of two gamma variables (Devroye 1986, IX.3.3)."""
    if alpha == 1.0:
        return uniform(like, 0.0, 1.0)
    shape = torch.full((2, like.shape[0]), alpha, device=like.device)
    drawn: torch.Tensor = torch._standard_gamma(shape)
    x, y = drawn.clamp(min=torch.finfo(torch.float32).tiny)
    found: torch.Tensor = x / (x + y)
    return found


def per_sample(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """[N] as [N, 1, ...], with as many dimensions as `like`."""
    return values.view([-1] + [1] * (like.dim() - 1))


def probability(p: float, what: str) -> float:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"{what}: p is {p}; expected a probability from 0 to 1")
    return float(p)


def positive(value: float, what: str) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{what} is {value}; expected a number above 0")
    return float(value)


def ordered(value: Sequence[float], what: str, least: float = -math.inf) -> Range:
    """A pair of numbers, the smaller first, neither below `least`."""
    pair = tuple(float(one) for one in value)
    if len(pair) != 2 or not least <= pair[0] <= pair[1] < math.inf:
        at_least = "" if least == -math.inf else f" of at least {least:g}"
        raise ValueError(f"{what} is {tuple(value)}; expected two numbers{at_least}, the smaller first")  # fmt: skip
    return pair[0], pair[1]


def around(value: float | Sequence[float], centre: float, what: str, least: float = -math.inf) -> Range:  # fmt: skip
    """A range: a pair as it is, or a number as what may lie on both sides of `centre`."""
    if isinstance(value, Sequence):
        return ordered(value, what, least)
    if not value >= 0:
        raise ValueError(f"{what} is {value}; expected a number of at least 0, or a pair")  # fmt: skip
    return max(least, centre - value), centre + value


def images(x: torch.Tensor, what: str) -> torch.Tensor:
    """`x`, which is to be [N, C, H, W]."""
    if x.dim() != 4:
        raise ValueError(f"{what}: takes images [N, C, H, W], and x is {list(x.shape)}")
    return x
