"""Whether a network learns a stream: its loss on the way, and what it makes of rows that it has not seen."""

from __future__ import annotations

import math

from .reference import Fitted


class LossCurve:
    name = "loss curve"
    sees = "how the loss falls while a small network is trained on the stream"
    statistics: tuple[str, ...] = ("last training loss", "first epoch's loss", "half-way loss", "fall of the loss")  # fmt: skip
    naive = -1

    def applies(self, kind: str) -> bool:
        return True

    def measure(self, fitted: Fitted) -> list[float]:
        unit = max(1e-6, fitted.first_loss)
        losses = [loss / unit for loss in fitted.losses]
        middle = losses[len(losses) // 2]
        return [losses[-1], losses[0], middle, losses[0] - losses[-1]]


class Generalisation:
    name = "held-out accuracy"
    sees = "what a small network that was trained on the stream makes of held-out rows"
    statistics: tuple[str, ...] = (
        "accuracy above chance",
        "memorisation gap",
        "held-out loss",
    )
    naive = 1

    def applies(self, kind: str) -> bool:
        return True

    def measure(self, fitted: Fitted) -> list[float]:
        above = (fitted.held_out_score - fitted.chance) / max(1e-6, 1 - fitted.chance)
        gap = fitted.training_score - fitted.held_out_score
        return [above, gap, math.log1p(fitted.held_out_loss)]
