"""The core's progress as a tqdm bar."""

from __future__ import annotations

from typing import Any

from tqdm.auto import tqdm


class Bar:
    """Called by the core, one thread at a time; gone when its block ends, however that ends."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self, what: str, total: int) -> None:
        self.end()
        unit = (
            "B" if total >= 1_000_000 else "it"
        )  # bytes, or a few thousand of something else
        self._bar = tqdm(
            total=total, desc=what, unit=unit, unit_scale=unit == "B", leave=False
        )

    def advance(self, amount: int) -> None:
        if self._bar is not None:
            self._bar.update(amount)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
