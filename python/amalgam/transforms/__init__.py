"""Augmentation that torch.export takes: modules from fields to fields, on batches, drawn anew for each sample and step.

    from amalgam import transforms as T

    augment = T.Chain(T.RandomResizedCrop(224), T.RandomHorizontalFlip(), T.Normalize(T.IMAGENET), T.MixUp(classes=10))
    images, targets = augment(images, labels)  # in a loop of one's own; or by name: augment(x=images, mask=masks) gives a dict

Each is an ordinary nn.Module, which plain PyTorch runs in the same way: its arguments are fields ([N, ...] tensors, one
row a sample), and what it gives takes their places. Random numbers come from torch's default generator; all samples of a
batch are worked on at once, each with draws of its own; and torch.export takes all of them with a batch of any size. They
are for training: evaluation takes another chain, mostly without what is random. A job carries those that a model applies itself,
under `if self.training` in its forward().
"""

from .chain import Chain, On
from .colour import IMAGENET, ColorJitter, Normalize, RandomGrayscale
from .geometry import (
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
)
from .mixing import CutMix, MixUp
from .noise import GaussianNoise
from .tokens import DropTokens, MaskTokens, SwapTokens

__all__ = [
    "IMAGENET",
    "Chain",
    "ColorJitter",
    "CutMix",
    "DropTokens",
    "GaussianNoise",
    "MaskTokens",
    "MixUp",
    "Normalize",
    "On",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
    "SwapTokens",
]
