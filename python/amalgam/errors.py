"""What went wrong, where, and how to mend it: one exception class for each group of the core's error codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong."""

    code: int
    where: str  # a file and the place inside, or a task
    what: str  # what was found, what was expected, how to mend it

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class Error(Exception):
    """Anything that Amalgam refuses. `findings` has all of them, of which there may be several."""

    def __init__(self, findings: Sequence[Finding] | str) -> None:
        if isinstance(findings, str):
            findings = [Finding(0, "", findings)]
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    @property
    def code(self) -> int:
        """The first finding's code; numbers are stable (amalgam/error.h)."""
        return self.findings[0].code


class UsageError(Error):
    """The call itself is wrong: arguments that contradict each other."""


class UnsupportedError(Error):
    """This can't be done, or not yet."""


class InvalidError(Error):
    """A setting, a model or a dataset does not fit."""


class DamagedError(Error):
    """A file is not what its format demands."""


class ExistsError(Error):
    """An output is already there; nothing was overwritten."""


class SystemRefusal(Error):
    """The system refused to read or write."""


class KeyFileError(Error):
    """The key file, or its passphrase, does not open."""


class TrainedFileError(Error):
    """A trained file does not match the key."""


class Interrupted(Error):
    """Stopped by a signal; nothing half-written remains."""


class ExportError(Error):
    """torch.export cannot export the model; the text says which line is in the way, and the usual rewrite."""


_CLASSES: dict[int, type[Error]] = {
    1: UsageError,
    2: UnsupportedError,
    3: InvalidError,
    4: DamagedError,
    5: ExistsError,
    6: SystemRefusal,
    7: KeyFileError,
    8: TrainedFileError,
    9: Interrupted,
}


def from_findings(findings: Sequence[tuple[int, str, str]]) -> Error:
    """The exception for what the core found; called by it."""
    found = [Finding(*finding) for finding in findings]
    return _CLASSES.get(found[0].code, Error)(found)
