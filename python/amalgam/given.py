"""What a user gives as a dataset: arrays that lie in memory, something to be read row by row, or neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy
import torch

from .counted import counted
from .errors import InvalidError
from .rows import with_target


def _is_array(value: Any) -> bool:
    if isinstance(
        value, torch.Tensor
    ):  # a nested one fails where it is asked for its shape
        return True
    return (hasattr(value, "shape") and hasattr(value, "dtype")) or hasattr(value, "to_numpy") or hasattr(value, "toarray")  # fmt: skip


def _is_column(value: Any) -> bool:
    return _is_array(value) or isinstance(value, list)


def _pair(data: Any) -> tuple[list[Any], Any] | None:
    """Features and target as whole columns; None for anything else, such as a list of two samples."""
    if not isinstance(data, (tuple, list)) or len(data) < 2:
        return None
    *features, target = data
    inner = features[0]
    if len(data) == 2 and isinstance(inner, (tuple, list)) and inner and all(map(_is_array, (*inner, target))) and _same_length([*inner, target]):  # fmt: skip
        return list(inner), target
    if all(map(_is_array, data)) and (isinstance(data, tuple) or len(data) == 2):
        return features, target
    if len(data) != 2 or not all(map(_is_column, data)) or not _same_length(data):
        return None
    numbers = all(isinstance(one, (int, float, str)) for one in target)
    return (features, target) if numbers or len(target) > 2 else None


def _same_length(columns: Sequence[Any]) -> bool:
    if any(isinstance(one, torch.Tensor) and one.is_nested for one in columns):
        return False
    return all(getattr(one, "shape", None) != () for one in columns) and len({len(one) for one in columns}) == 1  # fmt: skip


def columns_of(data: Any, names: Sequence[str], what: str) -> dict[str, Any] | None:
    """Whole fields by name, not yet arrays; None where the dataset is to be read row by row."""
    if isinstance(data, Mapping):
        return with_target(data, names)
    if isinstance(data, (numpy.ndarray, torch.Tensor)) and data.dtype != object:
        return {"x": data}
    pair = _pair(data)
    if pair is None:
        return None
    features, target = pair
    name = (getattr(names, "targets", None) or ["y"])[0]
    if len(features) == 1:
        return {"x": features[0], name: target}
    if len(features) != len(names):
        raise InvalidError(f"{what}: has {counted(len(features), 'array')} beside the target, but the model takes {', '.join(names) or 'one'}; a dict by name says which is which")  # fmt: skip
    return {**dict(zip(names, features, strict=True)), name: target}


def _names(data: Mapping[Any, Any]) -> str:
    return ", ".join(f"'{name}'" for name in data)


def check_kind(data: Any, what: str) -> None:
    """Raises InvalidError for what is no dataset that can be read by row or as arrays, with what to give instead."""
    kind = type(data).__name__
    if isinstance(data, Mapping) and data and all(hasattr(v, "with_format") for v in data.values()):  # fmt: skip
        first = next(iter(data))
        raise InvalidError(f"{what}: is a {kind} of {_names(data)}; give one of them, such as data['{first}'], and another as validation=")  # fmt: skip
    if isinstance(data, Mapping):
        return
    if isinstance(data, type):
        raise InvalidError(f"{what}: is the class {data.__name__}, not one of its instances: write {data.__name__}(...)")  # fmt: skip
    if isinstance(data, torch.utils.data.DataLoader) and isinstance(data.sampler, torch.utils.data.WeightedRandomSampler):  # fmt: skip
        raise InvalidError(f"{what}: is a DataLoader that draws rows by weights, and train.py visits each row once an epoch; give loader.dataset, and weigh classes in the loss (Recipe(loss_arguments={{'weight': […]}})), or repeat rows in the dataset")  # fmt: skip
    if isinstance(data, torch.utils.data.DataLoader):
        raise InvalidError(f"{what}: is a DataLoader, and train.py makes its own batches; give loader.dataset")  # fmt: skip
    if isinstance(data, torch.utils.data.IterableDataset) or (hasattr(data, "take") and hasattr(data, "with_format") and not hasattr(data, "__len__")):  # fmt: skip
        raise InvalidError(f"{what}: is a stream ({kind}), which has no length and no rows by number; give list(dataset), or load it without streaming")  # fmt: skip
    if isinstance(data, Iterator):
        raise InvalidError(f"{what}: is {kind}, which can be read once only; give list(...) of it")  # fmt: skip
    if type(data).__module__.partition(".")[0] in ("pandas", "polars"):
        raise InvalidError(f"{what}: is a {kind}; give (features, labels), as (table[[...]].to_numpy('float32'), table['label'].to_numpy())")  # fmt: skip
    if type(data).__module__.partition(".")[0] == "pyarrow":
        raise InvalidError(f"{what}: is a {kind} of pyarrow; give (features, labels) as arrays, as numpy.stack(table['x'].to_pylist())")  # fmt: skip
    if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        raise InvalidError(f"{what}: {kind} has no length and rows; expected a map-style dataset, arrays or a path")  # fmt: skip
    try:
        len(data)
    except Exception as error:
        raise InvalidError(f"{what}: len({kind}) fails: {type(error).__name__}: {error}") from error  # fmt: skip
