"""What went wrong, where, and how to mend it: one exception class for each group of the core's error codes."""

from __future__ import annotations

import re
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

    CODE = 0  # of a finding that is given as a text alone

    def __init__(self, findings: Sequence[Finding] | str) -> None:
        if isinstance(findings, str):
            findings = [Finding(self.CODE, "", findings)]
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    @property
    def code(self) -> int:
        """The first finding's code; numbers are stable (amalgam/error.h)."""
        return self.findings[0].code


class UsageError(Error):
    """The call itself is wrong: arguments that contradict each other."""

    CODE = 1


class UnsupportedError(Error):
    """This can't be done, or not yet."""

    CODE = 2


class InvalidError(Error):
    """A setting, a model or a dataset does not fit."""

    CODE = 3


class DamagedError(Error):
    """A file is not what its format demands."""

    CODE = 4


class ExistsError(Error):
    """An output is already there; nothing was overwritten."""

    CODE = 5


class SystemRefusal(Error):
    """The system refused to read or write."""

    CODE = 6


class KeyFileError(Error):
    """The key file, or its passphrase, does not open."""

    CODE = 7


class TrainedFileError(Error):
    """A trained file does not match the key."""

    CODE = 8


class Interrupted(Error):
    """Stopped by a signal; nothing half-written remains."""

    CODE = 9


class ExportError(InvalidError):
    """torch.export cannot export the model, or what it exports is another model; the text says what is in the way, and
    the usual rewrite."""


_CLASSES: dict[int, type[Error]] = {
    found.CODE: found
    for found in (
        UsageError,
        UnsupportedError,
        InvalidError,
        DamagedError,
        ExistsError,
        SystemRefusal,
        KeyFileError,
        TrainedFileError,
        Interrupted,
    )
}


# The command line's options that are arguments here, but for what they are called.
_OPTIONS = re.compile(
    r"--(amount|decoys|disguise|job|key|like|links|model-amount|noise|passphrase-file|preset|rows|seed|shard-bytes|skip-damaged|start|trained|variants"
    r"|shard_bytes|model_amount|skip_damaged|passphrase|plain|steps|task|threads|validation)(?![\w-])(?: (?=\d))?"
)


def _argument(option: re.Match[str]) -> str:
    return option[1].removesuffix("-file").replace("-", "_") + "="


def as_arguments(text: str) -> str:
    """Options of the command line as the arguments that they are here."""
    return _OPTIONS.sub(_argument, text)


def from_findings(findings: Sequence[tuple[int, str, str]]) -> Error:
    """The exception for what the core found, with options named as arguments; called by it."""
    found = [Finding(code, *map(as_arguments, (where, what))) for code, where, what in findings]  # fmt: skip
    return _CLASSES.get(found[0].code, Error)(found)
