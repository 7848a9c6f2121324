"""Values of images: brightness, contrast, saturation, hue, gray, and normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from .draws import around, happens, images, per_sample, positive, probability, uniform

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Moments(NamedTuple):
    """A mean and a deviation for each channel, of values from 0 to 1."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


IMAGENET = Moments((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def _gray(x: torch.Tensor) -> torch.Tensor:
    """Luma of RGB [N, 3, H, W] as [N, 1, H, W]."""
    weights = torch.tensor(_LUMA, device=x.device).view(1, 3, 1, 1)
    return (x * weights).sum(1, keepdim=True)


def _rgb(x: torch.Tensor, what: str) -> torch.Tensor:
    if images(x, what).shape[1] != 3:
        raise ValueError(f"{what}: takes colour images [N, 3, H, W], and x is {list(x.shape)}")  # fmt: skip
    return x


class Normalize(nn.Module):
    """x.to(float32).div(scale).sub(mean).div(std), with numbers for each channel of [N, C, ...].

    mean, std: one number for each channel, or Normalize(IMAGENET). scale: 255 for bytes, 1 for what is from 0 to 1.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, mean: Sequence[float] | Moments, std: Sequence[float] | None = None, scale: float = 255.0) -> None:  # fmt: skip
        super().__init__()
        if isinstance(mean, Moments) and std is None:
            moments = mean
            mean, std = moments.mean, moments.std
        if std is None or len(mean) != len(std):
            raise ValueError("Normalize: mean and std are to have one number for each channel")  # fmt: skip
        self.scale = positive(scale, "Normalize: scale")
        for number in std:
            positive(number, "Normalize: a number of std")
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        view = [1, -1] + [1] * (x.dim() - 2)
        x = x.to(torch.float32).div(self.scale)
        return x.sub(self.mean.view(view)).div(self.std.view(view))


class ColorJitter(nn.Module):
    """Brightness, contrast, saturation and hue of RGB images [N, 3, H, W], each drawn uniformly for each sample.

    brightness, contrast, saturation: a factor from max(0, 1 - b) to 1 + b, or a pair; hue: a part of the colour circle
    from -h to h, at most .5, or a pair. They follow one another in this order, where torchvision draws the order.
    maximum: the largest value, 255 for bytes. Returns float32 from 0 to maximum.
    """

    def __init__(self, brightness: float | Sequence[float] = 0.0, contrast: float | Sequence[float] = 0.0, saturation: float | Sequence[float] = 0.0, hue: float | Sequence[float] = 0.0, maximum: float = 255.0) -> None:  # fmt: skip
        super().__init__()
        self.brightness = around(brightness, 1.0, "ColorJitter: brightness", 0.0)
        self.contrast = around(contrast, 1.0, "ColorJitter: contrast", 0.0)
        self.saturation = around(saturation, 1.0, "ColorJitter: saturation", 0.0)
        self.hue = around(hue, 0.0, "ColorJitter: hue", -0.5)
        if self.hue[1] > 0.5:
            raise ValueError(f"ColorJitter: hue is {hue}; expected at most 0.5, half of the circle")  # fmt: skip
        self.maximum = positive(maximum, "ColorJitter: maximum")

    def _blend(self, x: torch.Tensor, other: torch.Tensor | float, factor: torch.Tensor) -> torch.Tensor:  # fmt: skip
        factor = per_sample(factor, x)
        return (x * factor + other * (1.0 - factor)).clamp(0.0, self.maximum)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = _rgb(x, "ColorJitter").to(torch.float32)
        if self.brightness != (1.0, 1.0):
            x = self._blend(x, 0.0, uniform(x, *self.brightness))
        if self.contrast != (1.0, 1.0):
            mean = _gray(x).mean((1, 2, 3), keepdim=True)
            x = self._blend(x, mean, uniform(x, *self.contrast))
        if self.saturation != (1.0, 1.0):
            x = self._blend(x, _gray(x), uniform(x, *self.saturation))
        if self.hue != (0.0, 0.0):
            x = self._turned(x, uniform(x, *self.hue))
        return x

    def _turned(self, x: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        """HSV with another hue (Smith 1978); `turn` [N] in parts of the circle."""
        value, least = x.amax(1), x.amin(1)
        chroma = value - least
        red, green, blue = x.unbind(1)
        divisor = torch.where(chroma == 0, 1.0, chroma)
        sector = torch.where(
            value == red,
            (green - blue) / divisor,
            torch.where(value == green, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
        )  # fmt: skip
        sector = sector + per_sample(turn, sector) * 6.0
        return torch.stack([self._channel(sector, n, value, chroma) for n in (5.0, 3.0, 1.0)], 1)  # fmt: skip

    @staticmethod
    def _channel(sector: torch.Tensor, n: float, value: torch.Tensor, chroma: torch.Tensor) -> torch.Tensor:  # fmt: skip
        k = torch.remainder(n + sector, 6.0)
        return value - chroma * torch.minimum(k, 4.0 - k).clamp(0.0, 1.0)


class RandomGrayscale(nn.Module):
    """Each of the RGB images [N, 3, H, W] becomes gray with probability p. Returns float32."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = probability(p, "RandomGrayscale")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = _rgb(x, "RandomGrayscale").to(torch.float32)
        return torch.where(per_sample(happens(x, self.p), x), _gray(x).expand_as(x), x)
