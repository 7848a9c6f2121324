"""Datasets as arrays: taken as they lie in memory, or read once, in batches, into a file that is mapped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import torch
from numpy.lib.format import open_memmap
from tqdm.auto import tqdm

from .errors import InvalidError

_BATCH = 256  # rows
Arrays = dict[str, numpy.ndarray[Any, Any]]


def _array(value: Any, name: str) -> numpy.ndarray[Any, Any]:
    """Contiguous; no copy where it is so already."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    array = numpy.ascontiguousarray(value)
    if array.dtype == object:
        raise InvalidError(f"'{name}': rows have different shapes or are no numbers; make arrays of them")  # fmt: skip
    return array


def _is_arrays(data: Any) -> bool:
    if isinstance(data, Mapping):
        return all(hasattr(v, "shape") for v in data.values())
    return isinstance(data, (tuple, list)) and len(data) == 2 and all(hasattr(v, "shape") for v in data)  # fmt: skip


def _named(data: Any) -> Arrays:
    if isinstance(data, Mapping):
        return {str(name): _array(value, str(name)) for name, value in data.items()}
    return {"x": _array(data[0], "x"), "y": _array(data[1], "y")}


def _fields(sample: Any, names: Sequence[str]) -> dict[str, Any]:
    """One sample as named values: (features, target), where features may be several, or a mapping."""
    if isinstance(sample, Mapping):
        renamed = {"labels": "y", "label": "y", "target": "y"}
        return {renamed.get(str(n), str(n)): value for n, value in sample.items()}
    if not isinstance(sample, (tuple, list)) or len(sample) != 2:
        raise InvalidError(f"train_set: a sample is {type(sample).__name__}; expected (features, target) or a mapping")  # fmt: skip
    features, target = sample
    if isinstance(features, Mapping):
        return {**features, "y": target}
    if isinstance(features, (tuple, list)):
        if len(features) > len(names):
            raise InvalidError(f"train_set: a sample has {len(features)} features, but the model takes {', '.join(names) or 'one'}; samples may also be mappings by name")  # fmt: skip
        return {**dict(zip(names, features, strict=False)), "y": target}
    return {"x": features, "y": target}


def _numpy(value: Any, name: str) -> numpy.ndarray[Any, Any]:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    array = numpy.asarray(value)
    if array.dtype == object or array.dtype.kind in "US":
        raise InvalidError(f"train_set: '{name}' of a sample is {type(value).__name__}; expected numbers (a transform makes arrays of images)")  # fmt: skip
    if array.dtype == numpy.float64:
        array = array.astype(numpy.float32)
    return array


def _samples(data: Any) -> Iterator[Any]:
    """One after another; of a Hugging Face Dataset, which is slow by the row, some hundred at a time."""
    if not hasattr(data, "with_format"):
        for row in range(len(data)):
            yield data[row]
        return
    data = data.with_format("numpy")
    for first in range(0, len(data), _BATCH):
        block = data[first : first + _BATCH]
        for row in range(min(_BATCH, len(data) - first)):
            yield {name: values[row] for name, values in block.items()}


class Spool:
    """A folder of files that datasets are read into; gone when it is closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="amalgam-")
        self.path = Path(self._folder.name)
        self._count = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def arrays(self, data: Any, names: Sequence[str], what: str) -> Arrays | str | None:
        """`data` as named arrays, or the path that it is.

        data: None, a path as the command line takes it, a pair or mapping of arrays, or anything with __len__ and
        __getitem__ (a torch Dataset, a Hugging Face Dataset).
        """
        if data is None:
            return None
        if isinstance(data, str):
            return data
        if isinstance(data, os.PathLike):
            return str(os.fspath(data))
        if _is_arrays(data):
            return _named(data)
        if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
            raise InvalidError(f"{what}: {type(data).__name__} has no length; expected a map-style dataset, arrays or a path")  # fmt: skip
        return self._read(data, names, what)

    def _read(self, data: Any, names: Sequence[str], what: str) -> Arrays:
        if len(data) == 0:
            raise InvalidError(f"{what}: has no rows")
        columns: Arrays = {}
        bar = tqdm(_samples(data), total=len(data), desc=f"reading {what}", unit="row")
        for row, found in enumerate(bar):
            sample = {n: _numpy(v, n) for n, v in _fields(found, names).items()}
            if not columns:
                columns = {n: self._column(n, v, len(data)) for n, v in sample.items()}
            if sample.keys() != columns.keys():
                raise InvalidError(f"{what}: row {row} has the fields {sorted(sample)}, but the first row {sorted(columns)}")  # fmt: skip
            for name, value in sample.items():
                if value.shape != columns[name].shape[1:] or value.dtype != columns[name].dtype:  # fmt: skip
                    raise InvalidError(f"{what}: row {row}: '{name}' is {value.dtype} {list(value.shape)}, but {columns[name].dtype} {list(columns[name].shape[1:])} in the first row")  # fmt: skip
                columns[name][row] = value
        return columns

    def _column(self, name: str, value: numpy.ndarray[Any, Any], rows: int) -> numpy.ndarray[Any, Any]:  # fmt: skip
        self._count += 1
        path = self.path / f"{self._count}.npy"
        return open_memmap(path, mode="w+", dtype=value.dtype, shape=(rows, *value.shape))  # fmt: skip
