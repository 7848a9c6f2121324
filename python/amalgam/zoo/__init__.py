"""Models for guests, built for a task's input shape and number of classes.

    guest = amalgam.Task(amalgam.zoo.resnet18((3, 32, 32), 10), amalgam.zoo.example((3, 32, 32)), other_set)

On the command line: python -m amalgam.zoo resnet18 --shape 3,32,32 --classes 10 --out guest.pt2
`width` thins a model. Initial values are drawn from torch's generator: call torch.manual_seed before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from ..errors import InvalidError
from . import models, text_models

Shape = Sequence[int]


def _image(shape: Shape, name: str, least: int) -> tuple[int, int]:
    """Channels and side of a square image."""
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] < least:
        raise InvalidError(f"{name}: the shape is {list(shape)}; expected [channels, size, size] with a size of at least {least}")  # fmt: skip
    return shape[0], shape[1]


def _length(shape: Shape, name: str) -> int:
    if len(shape) != 1 or shape[0] < 5:
        raise InvalidError(f"{name}: the shape is {list(shape)}; expected [tokens], at least 5")  # fmt: skip
    return shape[0]


def mlp(shape: Shape, classes: int, **sizes: Any) -> nn.Module:
    """One hidden layer with dropout, over samples of any shape."""
    inputs = 1
    for size in shape:
        inputs *= size
    return models.MLP(inputs, classes=classes, **sizes)


def lenet5(shape: Shape, classes: int) -> nn.Module:
    """LeCun et al., 1998; images [C, S, S], S at least 12."""
    channels, size = _image(shape, "lenet5", 12)
    return models.LeNet5(channels, size, classes)


def resnet18(shape: Shape, classes: int, width: int = 64) -> nn.Module:
    """He et al., 2016, in the form for small images; [C, S, S], S at least 8."""
    channels, _ = _image(shape, "resnet18", 8)
    return models.ResNet18(channels, classes, width)


def vgg16(shape: Shape, classes: int, width: int = 64, dropout: float = 0.5) -> nn.Module:  # fmt: skip
    """Simonyan and Zisserman, 2015, with batch norm; [C, S, S], S at least 8."""
    channels, size = _image(shape, "vgg16", 8)
    return models.VGG16(channels, classes, width, dropout, size)


def densenet121(shape: Shape, classes: int, growth: int = 32) -> nn.Module:
    """Huang et al., 2017, in the form for small images; [C, S, S], S at least 8."""
    channels, _ = _image(shape, "densenet121", 8)
    return models.DenseNet121(channels, classes, growth)


def mobilenet_v2(shape: Shape, classes: int, width: float = 1.0, dropout: float = 0.2) -> nn.Module:  # fmt: skip
    """Sandler et al., 2018, in the form for small images; [C, S, S], S at least 8."""
    channels, _ = _image(shape, "mobilenet_v2", 8)
    return models.MobileNetV2(channels, classes, width, dropout)


def vit(shape: Shape, classes: int, patch: int = 4, **sizes: Any) -> nn.Module:
    """Dosovitskiy et al., 2021; [C, S, S], S a multiple of the patch."""
    channels, size = _image(shape, "vit", 8)
    if size % patch != 0:
        raise InvalidError(f"vit: images of {size} pixels are no multiple of a patch of {patch}")  # fmt: skip
    return models.ViT(channels, classes, size, patch, **sizes)


def text_cnn(shape: Shape, classes: int, vocabulary: int = 8000, **sizes: Any) -> nn.Module:  # fmt: skip
    """Kim, 2014; tokens [L]."""
    _length(shape, "text_cnn")
    return text_models.TextCNN(vocabulary, classes=classes, **sizes)


def lstm(shape: Shape, classes: int, vocabulary: int = 8000, **sizes: Any) -> nn.Module:
    """A bidirectional LSTM over tokens [L]."""
    _length(shape, "lstm")
    return text_models.TextLSTM(vocabulary, classes=classes, **sizes)


def transformer(shape: Shape, classes: int, vocabulary: int = 8000, **sizes: Any) -> nn.Module:  # fmt: skip
    """A transformer encoder over tokens [L] with an attention_mask [L]."""
    length = _length(shape, "transformer")
    return text_models.TextTransformer(vocabulary, length, classes=classes, **sizes)


MODELS: dict[str, Callable[..., nn.Module]] = {
    "mlp": mlp,
    "lenet5": lenet5,
    "resnet18": resnet18,
    "vgg16": vgg16,
    "densenet121": densenet121,
    "mobilenet_v2": mobilenet_v2,
    "vit": vit,
    "text_cnn": text_cnn,
    "lstm": lstm,
    "transformer": transformer,
}


def example(shape: Shape, name: str = "resnet18") -> tuple[torch.Tensor, ...]:
    """Two samples of the model's inputs, for export: images float32 [2, ...], tokens int64 [2, L] (and a mask)."""
    if name in ("text_cnn", "lstm"):
        return (torch.ones(2, *shape, dtype=torch.int64),)
    if name == "transformer":
        return (torch.ones(2, *shape, dtype=torch.int64),) * 2
    return (torch.zeros(2, *shape),)
