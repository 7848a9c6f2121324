"""The interface of attackers that need gradients, training or a classifier. They know no roles; the core learns on games
which way their statistics point."""

from __future__ import annotations

from typing import Protocol

from .reference import Fitted


class Attacker(Protocol):
    name: str
    sees: str  # one sentence
    statistics: tuple[str, ...]  # the names of what measure() gives
    naive: int  # who takes the stream with the largest (1) or smallest (-1) first statistic; 0: nobody

    def applies(self, kind: str) -> bool:
        """Whether streams of this kind ("image", "text", "vector") have such statistics."""
        ...

    def measure(self, fitted: Fitted) -> list[float]:
        """One number a statistic, of one stream."""
        ...
