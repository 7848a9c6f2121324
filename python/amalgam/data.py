"""Datasets as arrays: taken as they lie in memory, or read once, by rows, into a file that is mapped."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import Any

import numpy
import torch
from numpy.lib.format import open_memmap
from tqdm.auto import tqdm

from .errors import InvalidError
from .folders import TemporaryFolder
from .given import check_kind, columns_of
from .quiet import random_states_kept
from .rows import FROM_ZERO, check_fields, fields_of, readable, sample, samples
from .values import Array, as_array

_AGAIN = 32  # rows that are read twice
Arrays = dict[str, Array]


def _row(found: Any, names: Sequence[str], what: str, row: int) -> Arrays:
    """A sample's values; float64 becomes float32, as torch's default is."""
    fields = fields_of(found, names, what)
    if row == 0:
        check_fields(list(fields), names, what)
    values = {n: as_array(v, f"{what}: row {row}: '{n}'") for n, v in fields.items()}
    return {n: v.astype(numpy.float32) if v.dtype == numpy.float64 else v for n, v in values.items()}  # fmt: skip


class Spool:
    """A folder of files that datasets are read into; gone when it is closed."""

    def __init__(self, *, progress: bool = True) -> None:
        self._folder = TemporaryFolder()
        self.path = self._folder.path
        self._count = 0
        self._progress = progress
        self.notes: list[str] = []  # for the user, of what was read and tried

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.close()

    def arrays(self, data: Any, names: Sequence[str], what: str) -> Arrays | str | None:
        """`data` as named arrays, or the path that it is.

        data: None, a path as the command line takes it, a pair or mapping of arrays, or anything with __len__ and
        __getitem__ (a torch Dataset, a Hugging Face Dataset). names: of the model's inputs, where they are known.
        Raises InvalidError, which begins with `what`, for what can't be read, and where rows differ when they are read
        again.
        """
        if data is None:
            return None
        if isinstance(data, (str, os.PathLike)):
            return str(os.fspath(data))
        check_kind(data, what)
        columns = columns_of(data, names, what)
        if columns is None:
            data = readable(data)
            found = self._read(data, names, what)
            self._check_repeats(data, found, names, what)
            return found
        check_fields(list(columns), names, what)
        return {n: self._whole(v, f"{what}: '{n}'") for n, v in columns.items()}

    def _whole(self, value: Any, where: str) -> Array:
        """Contiguous; no copy where it is so already."""
        array = numpy.ascontiguousarray(as_array(value, where))
        before = str(getattr(value, "dtype", array.dtype)).removeprefix("torch.")
        if before in ("bfloat16", "float16"):
            self.notes.append(f"{where} is {before}; the job holds the same values as float32")  # fmt: skip
        return array

    def _read(self, data: Any, names: Sequence[str], what: str) -> Arrays:
        if len(data) == 0:
            raise InvalidError(f"{what}: has no rows")
        columns: Arrays = {}
        rows = samples(data, what)
        for row, found in enumerate(tqdm(rows, total=len(data), desc=f"reading {what}", unit="row", disable=not self._progress)):  # fmt: skip
            values = _row(found, names, what, row)
            if not columns:
                columns = {n: self._column(v, len(data)) for n, v in values.items()}
            if values.keys() != columns.keys():
                raise InvalidError(f"{what}: row {row} has the fields {sorted(values)}, but the first row {sorted(columns)}{FROM_ZERO}")  # fmt: skip
            for name, value in values.items():
                column = columns[name]
                if value.shape != column.shape[1:] or value.dtype != column.dtype:
                    raise InvalidError(f"{what}: row {row}: '{name}' is {value.dtype} {list(value.shape)}, but {column.dtype} {list(column.shape[1:])} in the first row{FROM_ZERO}; give rows of one shape and type (pad or resize them)")  # fmt: skip
                column[row] = value
        return columns

    def _column(self, value: Array, rows: int) -> Array:
        self._count += 1
        path = self.path / f"{self._count}.npy"
        return open_memmap(path, mode="w+", dtype=value.dtype, shape=(rows, *value.shape))  # fmt: skip

    def _check_repeats(self, data: Any, found: Arrays, names: Sequence[str], what: str) -> None:  # fmt: skip
        """Some rows once more, from other random states: what a job holds is one reading of each row."""
        again = numpy.unique(numpy.linspace(0, len(data) - 1, _AGAIN).astype(int))
        with random_states_kept():
            for row in map(int, again):
                random.seed(row + 1)
                numpy.random.seed(row + 1)
                torch.manual_seed(row + 1)
                values = _row(sample(data, row, what), names, what, row)
                for name, value in values.items():
                    if value.shape != found[name].shape[1:] or value.tobytes() != found[name][row].tobytes():  # fmt: skip
                        raise InvalidError(f"{what}: row {row}: '{name}' differs when it is read again{FROM_ZERO}: its augmentation would be frozen; take random transforms out of the dataset (give them as transform=, as amalgam.transforms has many, or let the recipe's [input] crop and flip: all drawn anew for each batch, docs/augmentation.md)")  # fmt: skip
