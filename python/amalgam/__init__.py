"""Train a private network on private data on somebody else's computers.

    import amalgam

    job = amalgam.obfuscate(model, example_inputs, train_set, recipe=amalgam.Recipe(lr=0.05, epochs=3))
    # ... copy job.path to the machine that trains, run python train.py there, bring back result/trained.safetensors ...
    amalgam.extract("result/trained.safetensors", key="home.key", into=model)

What is hidden is which of K sub-networks is wanted, never what they compute: see SECURITY.md.
"""

from ._core import __version__
from .api import Verified, extract, obfuscate, verify
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
from .export import export
from .job import Job
from .recipe import Recipe
from .tasks import Task

__all__ = [
    "DamagedError",
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
    "export",
    "extract",
    "obfuscate",
    "verify",
]
