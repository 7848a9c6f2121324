"""Batches for a trial of a model: rows of its dataset where it has one, else its example inputs."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from .calling import Call

_LARGE = 16.0  # values beyond are scaled down, as a recipe's [input] would
Arrays = dict[str, numpy.ndarray[Any, Any]]


def _of_rows(array: numpy.ndarray[Any, Any], example: torch.Tensor, rows: list[int]) -> torch.Tensor | None:  # fmt: skip
    """These rows as the model takes them; None where they do not fit, which is said later."""
    shape = example.shape[1:]
    if int(numpy.prod(array.shape[1:])) != shape.numel() or array.dtype.kind not in "biuf":  # fmt: skip
        return None
    values = torch.as_tensor(numpy.ascontiguousarray(array[rows])).reshape(-1, *shape)
    if not example.is_floating_point():
        return values.to(example.dtype)
    values = values.to(torch.float32)
    largest = float(values.abs().max()) if values.numel() else 0.0
    return (values / largest if largest > _LARGE else values).to(example.dtype)


def _of_example(example: torch.Tensor, samples: int, number: int) -> torch.Tensor:
    """Rows of the example in turn; where its values are all the same, which zeros often are, random ones for floats."""
    rows = [(number + i) % example.shape[0] for i in range(samples)]
    found = example[rows].clone()
    if example.is_floating_point() and bool((example == example.reshape(-1)[0]).all()):
        generator = torch.Generator().manual_seed(number)
        found = torch.rand(found.shape, generator=generator).to(found)
    return found


class Trial:
    """The batches of one model's trial."""

    def __init__(self, call: Call, arrays: Arrays | None) -> None:
        self._call, self._arrays = call, arrays or {}

    def __call__(self, samples: int, number: int) -> list[torch.Tensor]:
        """`samples` rows for each tensor of the call, other ones for each number."""
        return [self._tensor(i, samples, number) for i in range(len(self._call.names))]

    def _tensor(self, index: int, samples: int, number: int) -> torch.Tensor:
        name, example = self._call.names[index], self._call.tensors[index]
        fields = [n for n in self._arrays if n != "y"]
        only = len(self._call.names) == 1 and len(fields) == 1
        array = self._arrays.get(fields[0] if only else name)
        found = None
        if array is not None and len(array):
            step = max(1, len(array) // 16)
            rows = [((number * samples + i) * step) % len(array) for i in range(samples)]  # fmt: skip
            found = _of_rows(array, example, rows)
        if found is None:
            return _of_example(example, samples, number)
        return found.to(example.device)
