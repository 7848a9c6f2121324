"""The samples of a dataset, one after another, as named values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy

from .counted import counted
from .errors import InvalidError

_BATCH = 256  # rows
FROM_ZERO = " (rows are counted from 0)"
TARGETS = ("labels", "label", "targets", "target", "y")


class FieldNames(list[str]):
    """The names of a model's inputs; empty: unknown. `targets`: of the fields that the loss compares with, where they are
    named. `free`: fields may stand beside these, for a loss or a transform of one's own."""

    def __init__(
        self,
        inputs: Sequence[str] = (),
        targets: Sequence[str] = (),
        free: bool = False,
    ) -> None:
        super().__init__(inputs)
        self.targets = list(targets)
        self.free = free or bool(targets)


def with_target(fields: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Fields with the target under its name here, "y"; one that the model takes keeps its own, and so do those that are
    named."""
    found = {str(name): value for name, value in fields.items()}
    if getattr(names, "targets", None):
        return found
    if "y" not in found or "y" in names:
        for name in TARGETS:
            if name in found and name not in names:
                found["y"] = found.pop(name)
                break
    return found


def check_fields(fields: Sequence[str], names: Sequence[str], what: str) -> None:
    """That beside "y" these are what a model takes (`names`; empty: unknown), with the cure where they are not."""
    features = [name for name in fields if name != "y"]
    if (
        getattr(names, "free", False)
        or not names
        or len(names) == 1 == len(features)
        or set(features) == set(names)
    ):
        return
    more = [name for name in features if name not in names]
    missing = [name for name in names if name not in features]
    takes = ", ".join(f"'{name}'" for name in names)
    if len(names) == 1 and missing:
        raise InvalidError(f"{what}: has the fields {', '.join(map(repr, features)) or 'none'} beside the target, but the model takes {takes} alone; remove those that it does not take (a Hugging Face dataset: remove_columns), or rename one to {takes}")  # fmt: skip
    if missing:
        raise InvalidError(f"{what}: has no field {', '.join(map(repr, missing))}, which the model takes; it has {', '.join(map(repr, features)) or 'none'}")  # fmt: skip
    raise InvalidError(f"{what}: has the fields {', '.join(map(repr, more))}, which the model does not take ({takes}); remove them (a Hugging Face dataset: remove_columns({more})), or name targets: Recipe(targets=…)")  # fmt: skip


def fields_of(sample: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    """One sample as named values: (features, target), where features may be several or a mapping; (a, b, target) where
    the model takes two; or a mapping."""
    if isinstance(sample, Mapping):
        return with_target(sample, names)
    if isinstance(sample, (tuple, list)) and len(sample) > 2 and len(sample) == len(names) + 1:  # fmt: skip
        sample = sample[:-1], sample[-1]
    if not isinstance(sample, (tuple, list)) or len(sample) != 2:
        count = f" of {len(sample)}" if isinstance(sample, (tuple, list)) else ""
        raise InvalidError(f"{what}: a sample is {type(sample).__name__}{count}; expected (features, target), or a mapping by the names of forward()'s arguments")  # fmt: skip
    features, target = sample
    named = _named_targets(target, names, what)
    if isinstance(features, Mapping):
        return {**{str(n): v for n, v in features.items()}, **named}
    if isinstance(features, (tuple, list)) and len(names) > 1:
        if len(features) != len(names):
            raise InvalidError(f"{what}: a sample has {counted(len(features), 'feature')}, but the model takes {', '.join(names)}; samples may also be mappings by name")  # fmt: skip
        return {**dict(zip(names, features, strict=True)), **named}
    if isinstance(features, (tuple, list)) and len(features) == 1 and hasattr(features[0], "shape"):  # fmt: skip
        features = features[0]
    return {"x": features, **named}


def _named_targets(target: Any, names: Sequence[str], what: str) -> dict[str, Any]:
    """Targets under their names: of a mapping its own, of several in a tuple those that the recipe names."""
    if isinstance(target, Mapping):
        return {str(name): value for name, value in target.items()}
    targets = getattr(names, "targets", None) or ["y"]
    if len(targets) == 1:
        return {targets[0]: target}
    if not isinstance(target, (tuple, list)) or len(target) != len(targets):
        raise InvalidError(f"{what}: a sample's target is {type(target).__name__}; expected {len(targets)} of them, {', '.join(targets)}, or a mapping by name")  # fmt: skip
    return dict(zip(targets, target, strict=True))


def _is_hugging_face(data: Any) -> bool:
    return hasattr(data, "with_format") and hasattr(data, "format") and hasattr(data, "features")  # fmt: skip


def _has_images(data: Any) -> bool:
    return any(type(feature).__name__ == "Image" for feature in data.features.values())


def readable(data: Any) -> Any:
    """A Hugging Face Dataset whose rows are numbers: with the columns that its format names, and its transform."""
    if not _is_hugging_face(data) or data.format["type"] in ("custom", "numpy", "torch"):  # fmt: skip
        return data
    kind = None if _has_images(data) else "numpy"  # images as Pillow has them
    return data.with_format(kind, columns=data.format["columns"])


def samples(data: Any, what: str) -> Iterator[Any]:
    """One after another, by __getitem__; of a Hugging Face Dataset of arrays, which is slow by the row, some hundred at
    a time."""
    if _is_hugging_face(data) and data.format["type"] in ("numpy", "torch"):
        yield from _blocks(data, what)
        return
    for row in range(len(data)):
        yield sample(data, row, what)


def sample(data: Any, row: int, what: str) -> Any:
    """One sample; an error in it names the row."""
    try:
        return data[row]
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise InvalidError(f"{what}: row {row} of {len(data)} cannot be read{FROM_ZERO}: {type(error).__name__}: {lines[0]}") from error  # fmt: skip


def _check_no_gap(values: Any, where: str, first: int) -> None:
    """Where one of a block is missing, Arrow turns whole numbers into floats: says so, in place of what follows from it."""
    if not hasattr(values, "dtype") or (values := numpy.asarray(values)).dtype.kind != "f":  # fmt: skip
        return
    gaps = numpy.isnan(values).reshape(len(values), -1).any(1)
    if gaps.any():
        raise InvalidError(f"{where} is None or nan in row {first + int(gaps.argmax())}{FROM_ZERO}; leave such rows out, or fill the values in")  # fmt: skip


def _blocks(data: Any, what: str) -> Iterator[dict[str, Any]]:
    for first in range(0, len(data), _BATCH):
        block = data[first : first + _BATCH]
        for name, values in block.items():
            _check_no_gap(values, f"{what}: '{name}'", first)
        for row in range(min(_BATCH, len(data) - first)):
            yield {name: values[row] for name, values in block.items()}
