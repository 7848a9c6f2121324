"""A classifier of single rows that knows how decoys are made: taught on games of the job's scheme that are not scored."""

from __future__ import annotations

from collections.abc import Iterable

import numpy
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from torch import Tensor
from torch.nn import functional

from .reference import Fitted
from .stream import Stream, by_frequency, scaled

ROWS = 64  # of a stream
THUMBNAIL = 6  # pixels on a side
RINGS = 8  # of a power spectrum


def moments(values: Tensor) -> Tensor:
    """[rows, n] to [rows, 4]: mean, deviation, skewness, kurtosis."""
    mean, deviation = values.mean(1), values.std(1).clamp(min=1e-6)
    standard = (values - mean[:, None]) / deviation[:, None]
    return torch.stack([mean, deviation, standard.pow(3).mean(1), standard.pow(4).mean(1)], 1)  # fmt: skip


def spectrum(images: Tensor) -> Tensor:
    """[rows, H, W] to the logarithm of the power in each ring of frequencies."""
    power = torch.fft.fft2(images).abs().square()
    y = torch.fft.fftfreq(images.shape[1])[:, None]
    x = torch.fft.fftfreq(images.shape[2])[None]
    ring = ((x * x + y * y).sqrt() * 2 * RINGS).long().clamp(max=RINGS - 1)
    power[:, 0, 0] = 0
    sums = torch.zeros(len(images), RINGS).index_add_(1, ring.flatten(), power.flatten(1))  # fmt: skip
    return (sums / torch.bincount(ring.flatten(), minlength=RINGS).clamp(min=1)).add(1e-6).log()  # fmt: skip


def image_features(values: Tensor) -> Tensor:
    grey = values.mean(1)
    across, down = grey.diff(dim=2).flatten(1), grey.diff(dim=1).flatten(1)
    rough = grey[:, 1:-1, 1:-1] * 4 - grey[:, :-2, 1:-1] - grey[:, 2:, 1:-1] - grey[:, 1:-1, :-2] - grey[:, 1:-1, 2:]  # fmt: skip
    small = functional.adaptive_avg_pool2d(grey[:, None], THUMBNAIL).flatten(1)
    parts = [moments(grey.flatten(1)), moments(across), moments(down), moments(rough.flatten(1))]  # fmt: skip
    return torch.cat([*parts, spectrum(grey), small], 1)


def text_features(tokens: Tensor) -> Tensor:
    """How common a row's tokens are, how often they come again, and how usual their pairs are in the stream."""
    ranks = by_frequency(tokens).float()
    places = torch.linspace(0, tokens.shape[1] - 1, 8).long()
    pairs = tokens[:, :-1] * (tokens.max() + 1) + tokens[:, 1:]
    _, inverse, counts = pairs.unique(return_inverse=True, return_counts=True)
    distinct = torch.tensor([[len(row.unique()) / len(row)] for row in tokens])
    usual = counts[inverse].float().log()
    return torch.cat([moments(ranks.log1p()), ranks.sort(1).values[:, places], distinct, moments(usual)], 1)  # fmt: skip


def vector_features(values: Tensor) -> Tensor:
    places = torch.linspace(0, values.shape[1] - 1, 16).long()
    return torch.cat([moments(values), moments(values.diff(dim=1)), values.sort(1).values[:, places]], 1)  # fmt: skip


def features(stream: Stream) -> numpy.ndarray:
    """[rows, features], of the same kind for images of any size."""
    if stream.kind == "text":
        found = text_features(stream.values[:ROWS].long())
    else:
        values = scaled(stream.values)[:ROWS]
        found = image_features(values) if stream.kind == "image" else vector_features(values)  # fmt: skip
    return numpy.nan_to_num(found.numpy().astype(numpy.float64))


class RowClassifier:
    name = "classifier that knows the generator"
    sees = "single rows, by a classifier that was taught on rows made as the job's were"
    statistics: tuple[str, ...] = ("mean log odds of the rows", "rows that look wanted", "spread of the log odds")  # fmt: skip
    naive = 0

    def __init__(self, games: Iterable[tuple[list[Stream], list[bool]]]) -> None:
        rows, labels = [], []
        for streams, wanted in games:
            for stream, label in zip(streams, wanted, strict=True):
                rows.append(features(stream))
                labels += [label] * len(rows[-1])
        self.classifier = HistGradientBoostingClassifier(max_iter=80, random_state=0)
        self.classifier.fit(numpy.concatenate(rows), numpy.array(labels))

    def applies(self, kind: str) -> bool:
        return True

    def measure(self, fitted: Fitted) -> list[float]:
        odds = self.classifier.decision_function(features(fitted.stream))
        return [float(odds.mean()), float((odds > 0).mean()), float(odds.std())]
