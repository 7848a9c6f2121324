"""A stream as the cloud sees it, and what a network can learn of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

HELD_OUT = 0.25  # of a stream's rows
POSITIONS = 512  # of a vector
TOKENS = 512  # rarer tokens are one


@dataclass(frozen=True)
class Stream:
    """Some rows of one stream of a game or of the job."""

    kind: str  # "image", "text" or "vector"
    values: Tensor  # float32: [rows, C, H, W], or [rows, width]
    labels: Tensor | None  # int64 [rows], from 0; None where a row has no single class
    common: Sequence[
        int
    ]  # [C, H, W] that images are averaged down to, because games' may be smaller than the job's

    @staticmethod
    def of(given: dict[str, Any], common: Sequence[int]) -> Stream:
        """From what the core hands over: kind, shape, values and labels as arrays."""
        values = torch.from_numpy(given["values"]).view(-1, *given["shape"])
        labels = torch.from_numpy(given["labels"])
        known = labels.unique(return_inverse=True)[1] if len(labels) else None
        return Stream(given["kind"], values, known, common)


@dataclass(frozen=True)
class Lesson:
    """Something to learn from a stream: inputs and what is to be told from them.

    The objective is "classes" where rows have labels; else "next token" of texts, and "other half" of anything else: the
    second half of the positions from the first.
    """

    objective: str
    outputs: int  # classes, tokens or positions
    inputs: Tensor
    targets: Tensor
    training_rows: int

    def training(self) -> tuple[Tensor, Tensor]:
        return self.inputs[: self.training_rows], self.targets[: self.training_rows]

    def held_out(self) -> tuple[Tensor, Tensor]:
        return self.inputs[self.training_rows :], self.targets[self.training_rows :]


def by_frequency(tokens: Tensor) -> Tensor:
    """Tokens numbered by how common they are, because a job may number its vocabulary as it likes."""
    _, inverse, counts = tokens.unique(return_inverse=True, return_counts=True)
    ranks: Tensor = counts.argsort(descending=True, stable=True).argsort()
    return ranks.clamp(max=TOKENS - 1)[inverse]


def scaled(values: Tensor) -> Tensor:
    return (values - values.mean()) / values.std().clamp(min=1e-6)


def prepared(stream: Stream) -> Tensor:
    """What networks read: scaled images [rows, C, H, W], scaled vectors [rows, W], tokens [rows, L] as int64."""
    if stream.kind == "text":
        return by_frequency(stream.values.long())
    if stream.kind == "image":
        channels, height, width = stream.common
        values = stream.values if stream.values.shape[1] == channels else stream.values.mean(1, keepdim=True)  # fmt: skip
        return scaled(functional.adaptive_avg_pool2d(values, (height, width)))
    values = scaled(stream.values)
    if stream.kind == "vector" and values.shape[1] > POSITIONS:
        return functional.adaptive_avg_pool1d(values[:, None], POSITIONS)[:, 0]
    return values


def lesson_of(stream: Stream) -> Lesson:
    inputs = prepared(stream)
    training_rows = len(inputs) - round(HELD_OUT * len(inputs))
    if stream.labels is not None:
        classes = int(stream.labels.max()) + 1
        return Lesson("classes", classes, inputs, stream.labels, training_rows)
    if stream.kind == "text":
        return Lesson("next token", TOKENS, inputs[:, :-1], inputs[:, 1:], training_rows)  # fmt: skip
    flat = functional.adaptive_avg_pool1d(inputs.flatten(1)[:, None], min(POSITIONS, inputs[0].numel()))[:, 0]  # fmt: skip
    half = flat.shape[1] // 2
    return Lesson("other half", flat.shape[1] - half, flat[:, :half], flat[:, half:], training_rows)  # fmt: skip
