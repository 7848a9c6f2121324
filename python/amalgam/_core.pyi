from collections.abc import Mapping, Sequence
from typing import Any

from numpy import float64
from numpy.typing import NDArray

__version__: str

def check_recipe(path: str) -> None: ...

class ObfuscateOptions:
    """The options of a call, checked with a recipe of what is known before models are exported."""

    def __init__(
        self, recipe: str, job: str, key: str, options: dict[str, Any]
    ) -> None: ...

def obfuscate(
    options: ObfuscateOptions,
    recipe: str,
    tasks: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
    decoys: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
    progress: Any,
) -> dict[str, Any]: ...
def extract(
    key: str,
    trained: str,
    out: str,
    task: str | None,
    passphrase: str | None,
    epoch: int | None,
    best: bool,
    ema: bool,
) -> list[tuple[str, str, str]]: ...

class VerifyOptions:
    """As ObfuscateOptions."""

    def __init__(
        self,
        recipe: str,
        job: str,
        key: str,
        steps: int,
        python: str,
        plain: str | None,
        passphrase: str | None,
    ) -> None: ...

def curves(
    key: str, result: str, page: str | None, passphrase: str | None
) -> tuple[dict[str, dict[str, dict[str, NDArray[float64]]]], list[str]]: ...
def plain_training_files() -> list[tuple[str, str]]: ...
def verify(
    options: VerifyOptions,
    recipe: str,
    tasks: Sequence[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
) -> list[
    tuple[
        str,
        int,
        int,
        list[tuple[str, float]],
        list[str],
        bool,
        float,
        tuple[float, float] | None,
        list[str],
    ]
]: ...
def audit(options: dict[str, Any], progress: Any) -> str: ...

class AuditStreams:
    """The streams of surrogate games and of a job, as dicts of kind, shape, values and labels."""

    def __init__(self, request: str) -> None: ...
    def game(self, number: int) -> list[dict[str, Any]]: ...
    def job(self) -> list[dict[str, Any]]: ...
    def lesson(self, number: int) -> tuple[list[dict[str, Any]], list[bool]]: ...
