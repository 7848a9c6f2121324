"""Where the pixels of images come from. Each takes a `mask` along, which is moved as its image is: classes by pixel
[N, H, W] or [N, C, H, W], taken from the nearest pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from .draws import (  # fmt: skip
    around,
    happens,
    images,
    ordered,
    per_sample,
    probability,
    uniform,
    whole,
)

Moved = torch.Tensor | tuple[torch.Tensor, torch.Tensor]


class _Geometry(nn.Module):
    """Moves the image, and its mask in the same way."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> Moved:
        move = self.draw(images(x, type(self).__name__))
        moved = self.moved(x, move, mask=False)
        if mask is None:
            return moved
        planes = mask[:, None] if mask.dim() == 3 else mask
        if planes.dim() != 4 or planes.shape[2:] != x.shape[2:]:
            raise ValueError(f"{type(self).__name__}: the mask is {list(mask.shape)}, and the image {list(x.shape)}; expected the same height and width")  # fmt: skip
        planes = self.moved(planes, move, mask=True)
        return moved, planes[:, 0] if mask.dim() == 3 else planes

    def draw(self, x: torch.Tensor) -> torch.Tensor:
        """What is to be done with each sample."""
        raise NotImplementedError

    def moved(self, x: torch.Tensor, move: torch.Tensor, mask: bool) -> torch.Tensor:
        raise NotImplementedError


class _RandomFlip(_Geometry):
    dimension = -1

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = probability(p, type(self).__name__)

    def draw(self, x: torch.Tensor) -> torch.Tensor:
        return happens(x, self.p)

    def moved(self, x: torch.Tensor, move: torch.Tensor, mask: bool) -> torch.Tensor:
        return torch.where(per_sample(move, x), x.flip(self.dimension), x)


class RandomHorizontalFlip(_RandomFlip):
    """Mirrors each image of [N, C, H, W] left to right with probability p. Any dtype, which is kept."""


class RandomVerticalFlip(_RandomFlip):
    """Mirrors each image of [N, C, H, W] upside down with probability p. Any dtype, which is kept."""

    dimension = -2


class RandomCrop(_Geometry):
    """Shifts each image of [N, C, H, W] by up to `padding` pixels to each side, uniformly, and fills with `fill`, masks
    with `mask_fill` (-100 is what cross entropy ignores; bytes hold 255). Any dtype, which is kept."""

    def __init__(self, padding: int, fill: float = 0.0, mask_fill: float = 0.0) -> None:
        super().__init__()
        if padding < 1:
            raise ValueError(f"RandomCrop: padding is {padding}; expected at least 1 pixel")  # fmt: skip
        self.padding, self.fill, self.mask_fill = int(padding), fill, mask_fill

    def draw(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([whole(x, 0, 2 * self.padding), whole(x, 0, 2 * self.padding)])  # fmt: skip

    def moved(self, x: torch.Tensor, move: torch.Tensor, mask: bool) -> torch.Tensor:
        padded = F.pad(x, [self.padding] * 4, value=self.mask_fill if mask else self.fill)  # fmt: skip
        rows = move[0][:, None] + torch.arange(x.shape[2], device=x.device)
        columns = move[1][:, None] + torch.arange(x.shape[3], device=x.device)
        sample = torch.arange(x.shape[0], device=x.device)[:, None, None, None]
        channel = torch.arange(x.shape[1], device=x.device)[None, :, None, None]
        return padded[sample, channel, rows[:, None, :, None], columns[:, None, None, :]]  # fmt: skip


class _Resampled(_Geometry):
    """Takes pixels at the places that an affine map gives: bilinear in float32, masks from the nearest pixel."""

    def __init__(self, padding_mode: str, size: tuple[int, int] | None) -> None:
        super().__init__()
        self.padding_mode, self.size = padding_mode, size

    def moved(self, x: torch.Tensor, move: torch.Tensor, mask: bool) -> torch.Tensor:
        height, width = self.size or (x.shape[2], x.shape[3])
        grid = F.affine_grid(move, [x.shape[0], x.shape[1], height, width], align_corners=False)  # fmt: skip
        mode = "nearest" if mask else "bilinear"
        found = F.grid_sample(x.to(torch.float32), grid, mode, self.padding_mode, align_corners=False)  # fmt: skip
        return found.to(x.dtype) if mask else found


def _size(size: int | Sequence[int], what: str) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or min(pair) < 1:
        raise ValueError(f"{what}: size is {size}; expected pixels, or (height, width)")
    return int(pair[0]), int(pair[1])


class RandomResizedCrop(_Resampled):
    """A rectangle of each image of [N, C, H, W], brought to `size` = (height, width), bilinear without antialiasing.

    Its area is uniform in `scale` of the image's, the logarithm of its proportion (width to height) uniform in that of
    `ratio`, its place uniform where it fits; a side that would be longer than the image's is as long as that (torchvision
    draws again). Returns float32.
    """

    def __init__(self, size: int | Sequence[int], scale: Sequence[float] = (0.08, 1.0), ratio: Sequence[float] = (3 / 4, 4 / 3)) -> None:  # fmt: skip
        super().__init__("border", _size(size, "RandomResizedCrop"))
        self.scale = ordered(scale, "RandomResizedCrop: scale", 0.0)
        self.ratio = ordered(ratio, "RandomResizedCrop: ratio", 0.0)
        if not 0 < self.scale[0] <= self.scale[1] <= 1 or not self.ratio[0] > 0:
            raise ValueError(f"RandomResizedCrop: scale is {tuple(scale)} and ratio {tuple(ratio)}; expected parts of the area above 0 and at most 1, and proportions above 0")  # fmt: skip

    def draw(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2], x.shape[3]
        area = uniform(x, *self.scale) * float(height * width)
        ratio = uniform(x, math.log(self.ratio[0]), math.log(self.ratio[1])).exp()
        wide = ((area * ratio).sqrt() / width).clamp(max=1.0)
        high = ((area / ratio).sqrt() / height).clamp(max=1.0)
        right = (uniform(x, -1.0, 1.0)) * (1.0 - wide)
        down = (uniform(x, -1.0, 1.0)) * (1.0 - high)
        zero = torch.zeros_like(wide)
        return torch.stack([wide, zero, right, zero, high, down], 1).view(-1, 2, 3)


class RandomAffine(_Resampled):
    """Turns, shifts, scales and shears each image of [N, C, H, W] about its centre, filling with zeros; bilinear.

    degrees, shear: degrees from -d to d, or a pair; translate: the largest shifts, as parts of width and height; scale: a
    pair of factors. All are uniform. Returns float32.
    """

    def __init__(self, degrees: float | Sequence[float] = 0.0, translate: Sequence[float] = (0.0, 0.0), scale: Sequence[float] = (1.0, 1.0), shear: float | Sequence[float] = 0.0) -> None:  # fmt: skip
        super().__init__("zeros", None)
        self.degrees = around(degrees, 0.0, "RandomAffine: degrees")
        self.shear = around(shear, 0.0, "RandomAffine: shear", -89.0)
        self.scale = ordered(scale, "RandomAffine: scale", 0.0)
        if not self.scale[0] > 0 or self.shear[1] > 89.0:
            raise ValueError(f"RandomAffine: scale is {tuple(scale)} and shear {shear}; expected factors above 0, and less than 90 degrees")  # fmt: skip
        if len(translate) != 2 or not all(0 <= part <= 1 for part in translate):
            raise ValueError(f"RandomAffine: translate is {translate}; expected parts of width and height from 0 to 1")  # fmt: skip
        self.translate = (float(translate[0]), float(translate[1]))

    def draw(self, x: torch.Tensor) -> torch.Tensor:
        """The inverse map, from places of the result to places of the image, in affine_grid's coordinates."""
        turn = uniform(x, *self.degrees) * (math.pi / 180.0)
        shear = (uniform(x, *self.shear) * (math.pi / 180.0)).tan()
        factor = 1.0 / uniform(x, *self.scale)
        right = uniform(x, -2.0, 2.0) * self.translate[0]
        down = uniform(x, -2.0, 2.0) * self.translate[1]
        cos, sin = turn.cos() * factor, turn.sin() * factor
        sides = x.shape[2] / x.shape[3]  # pixels are square, coordinates are not
        a, b = cos, (sin - shear * cos) * sides
        c, d = -sin / sides, cos + shear * sin
        return torch.stack([a, b, -(a * right + b * down), c, d, -(c * right + d * down)], 1).view(-1, 2, 3)  # fmt: skip


class RandomErasing(nn.Module):
    """Fills a rectangle of each image of [N, C, H, W] with `value`, with probability p. Any dtype, which is kept.

    Its area and proportion are drawn as RandomResizedCrop's; its corner is uniform where it fits. (Zhong et al. 2017.)
    """

    def __init__(self, p: float = 0.5, scale: Sequence[float] = (0.02, 0.33), ratio: Sequence[float] = (0.3, 3.3), value: float = 0.0) -> None:  # fmt: skip
        super().__init__()
        self.p = probability(p, "RandomErasing")
        self.scale = ordered(scale, "RandomErasing: scale", 0.0)
        self.ratio = ordered(ratio, "RandomErasing: ratio", 0.0)
        if self.scale[1] > 1 or not self.ratio[0] > 0:
            raise ValueError(f"RandomErasing: scale is {tuple(scale)} and ratio {tuple(ratio)}; expected parts of the area, and proportions above 0")  # fmt: skip
        self.value = float(value)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = images(x, "RandomErasing").shape[2:]
        area = uniform(x, *self.scale) * float(height * width)
        ratio = uniform(x, math.log(self.ratio[0]), math.log(self.ratio[1])).exp()
        inside = rectangle(x, (area * ratio).sqrt(), (area / ratio).sqrt())
        chosen = per_sample(happens(x, self.p), x) & inside[:, None]
        return torch.where(chosen, torch.full_like(x, self.value), x)


def rectangle(x: torch.Tensor, wide: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """bool [N, H, W]: the pixels of a rectangle of about wide [N] by high [N] pixels in each image, its corner drawn
    uniformly where it fits."""
    found = []
    for side, length in ((high, x.shape[2]), (wide, x.shape[3])):
        side = side.round().clamp(max=length)
        first = (torch.rand(x.shape[0], device=x.device) * (length - side + 1.0)).floor()  # fmt: skip
        places = torch.arange(length, device=x.device)
        found.append((places >= first[:, None]) & (places < (first + side)[:, None]))
    return found[0][:, :, None] & found[1][:, None, :]
