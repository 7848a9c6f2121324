"""What the cloud could tell of a job: the audit, as the command line has it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _core
from .progress import Bar

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Audit:
    """verdict: "pass", "fail" or "inconclusive"; headline: what happens, and reason: why; facts: everything, as `amalgam audit --json` writes it."""

    verdict: str
    headline: str
    reason: str
    facts: dict[str, Any] = field(repr=False)  # of every game: megabytes

    @property
    def passes(self) -> bool:
        return self.verdict == "pass"

    @property
    def hard_failures(self) -> list[dict[str, Any]]:
        """Each with its kind, the sub-networks that it tells from the others, what was found, and what to do."""
        return list(self.facts["hard_failures"])

    @property
    def priors(self) -> list[dict[str, Any]]:
        """By DATA of the kind that the cloud knows: the streams, the most alike first, and whether that names one surely."""
        return list(self.facts["priors"])

    @property
    def attacks(self) -> list[dict[str, Any]]:
        """The strongest first, the clueless baseline last: accuracy, chance, advantage and its interval, k_eff, pick."""
        return list(self.facts["attacks"])


def audit(
    *,
    job: PathLike = "job",
    key: PathLike = "home.key",
    surrogates: Sequence[PathLike] = (),
    public: Sequence[PathLike] = (),
    earlier: Sequence[PathLike] = (),
    prior: Sequence[PathLike] = (),
    report: PathLike | None = None,
    full: bool = False,
    trained: PathLike | None = None,
    games: int = 1024,
    threads: int = 0,
    passphrase: str | None = None,
    progress: bool = True,
) -> Audit:
    """Attacks a job as the cloud could. Nothing is written into the job.

    surrogates: DATA of other people, of the job's kind, that attackers are calibrated on (default: small built-in sets);
    public: DATA that anybody has; prior: DATA of the kind that the cloud knows you work on; earlier: jobs that were sent before; report: a page to write that opens offline;
    full: with attackers that train, which takes minutes to an hour and needs amalgam[audit] (captum, scikit-learn);
    trained: the file that came back, to see what its weights tell (needs amalgam[audit], too);
    threads: at most so many, 0: all.
    Raises amalgam.Error for inputs that are wrong.
    """
    options = {
        "job": os.fspath(job),
        "key": os.fspath(key),
        "surrogates": [os.fspath(path) for path in surrogates],
        "public": [os.fspath(path) for path in public],
        "prior": [os.fspath(path) for path in prior],
        "earlier": [os.fspath(path) for path in earlier],
        "report": None if report is None else os.fspath(report),
        "games": games,
        "threads": threads,
        "full": full,
        "trained": None if trained is None else os.fspath(trained),
        "python": sys.executable,
        "passphrase": passphrase,
    }
    with Bar() as bar:
        facts = json.loads(_core.audit(options, bar if progress else None))
    return Audit(facts["verdict"], facts["headline"], facts["reason"], facts)
