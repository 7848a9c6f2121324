"""What torch would print is kept back, and what a trial of a model touches in the process is put back."""

from __future__ import annotations

import contextlib
import io
import logging
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy
import torch

_FILL: Any = torch.utils.deterministic


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warnings, no log lines and no graph dumps of torch: what matters is said by our own errors."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def random_states_kept() -> Iterator[None]:
    """Random states (Python's, numpy's, torch's on every device) afterwards as before."""
    python, arrays = random.getstate(), numpy.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        numpy.random.set_state(arrays)
        random.setstate(python)


@contextlib.contextmanager
def world_kept() -> Iterator[None]:
    """The same, and torch's choice of kernels, and whether it records gradients."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    filled = _FILL.fill_uninitialized_memory
    gradients = torch.is_grad_enabled()
    fast = torch.backends.mha.get_fastpath_enabled()
    try:
        with random_states_kept():
            yield
    finally:
        torch.set_grad_enabled(gradients)
        torch.backends.mha.set_fastpath_enabled(fast)
        _FILL.fill_uninitialized_memory = filled
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)


def exact_kernels() -> None:
    """The kernels that train.py takes. Where a device has no exact one, both sides of a comparison take the same. In
    evaluation nn.TransformerEncoderLayer has a fast path of its own, which no program has, and which rounds otherwise."""
    torch.backends.mha.set_fastpath_enabled(False)
    torch.use_deterministic_algorithms(True, warn_only=True)
    _FILL.fill_uninitialized_memory = False
