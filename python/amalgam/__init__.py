"""Train a private network on private data on somebody else's computers.

    import amalgam

    job = amalgam.obfuscate(model, example_inputs, train_set, recipe=amalgam.Recipe(lr=0.05, epochs=3))
    # ... copy job.path to the machine that trains, run python train.py there, bring back result/trained.safetensors ...
    amalgam.extract("result/trained.safetensors", key="home.key", into=model)

What is hidden is which of K sub-networks is wanted, never what they compute: see SECURITY.md.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._core import __version__

if TYPE_CHECKING:
    from .api import Verified, curves, extract, obfuscate, verify
    from .auditing import Audit, audit
    from .errors import (
        DamagedError,
        Error,
        ExistsError,
        ExportError,
        Finding,
        Interrupted,
        InvalidError,
        KeyFileError,
        SystemRefusal,
        TrainedFileError,
        UnsupportedError,
        UsageError,
    )
    from .exporting import export
    from .job import DryRun, Job
    from .recipe import Recipe
    from .tasks import Task

__all__ = [
    "Audit",
    "DamagedError",
    "DryRun",
    "Error",
    "ExistsError",
    "ExportError",
    "Finding",
    "Interrupted",
    "InvalidError",
    "Job",
    "KeyFileError",
    "Recipe",
    "SystemRefusal",
    "Task",
    "TrainedFileError",
    "UnsupportedError",
    "UsageError",
    "Verified",
    "__version__",
    "audit",
    "curves",
    "export",
    "extract",
    "obfuscate",
    "verify",
]

_MODULES = {
    "Audit": "auditing",
    "audit": "auditing",
    "Verified": "api",
    "curves": "api",
    "extract": "api",
    "obfuscate": "api",
    "verify": "api",
    "export": "exporting",
    "DryRun": "job",
    "Job": "job",
    "Recipe": "recipe",
    "Task": "tasks",
}


def __getattr__(name: str) -> Any:
    """Names are found when they are asked for, because torch takes a second to load and the command does without."""
    if name not in __all__:
        raise AttributeError(f"module 'amalgam' has no attribute '{name}'")
    module = importlib.import_module(f".{_MODULES.get(name, 'errors')}", __name__)
    globals()[name] = getattr(module, name)
    return globals()[name]
