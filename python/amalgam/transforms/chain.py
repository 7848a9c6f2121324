"""Transforms one after another, and on fields of other names."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

Fields = dict[str, torch.Tensor]


def arguments_of(transform: nn.Module) -> dict[str, bool]:
    """The names of the fields that a transform takes, and whether it can do without."""
    found = inspect.signature(transform.forward).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {p.name: p.default is not p.empty for p in found if p.kind in named}


def changed(transform: nn.Module, names: list[str], given: Any) -> Fields:
    """What a transform gave, by field: a mapping, as many tensors as it took fields, or one for the first of them."""
    if isinstance(given, Mapping):
        return dict(given)
    values = [given] if isinstance(given, torch.Tensor) else list(given)
    if len(values) not in (1, len(names)):
        raise TypeError(f"{type(transform).__name__} took {', '.join(names)} and gave {len(values)} tensors; expected one for each, one for the first, or a dict")  # fmt: skip
    return dict(zip(names, values, strict=False))


class On(nn.Module):
    """A transform on fields of other names than its arguments': On(T.RandomCrop(4), x="image", mask="y")."""

    def __init__(self, transform: nn.Module, **fields: str) -> None:
        super().__init__()
        known = arguments_of(transform)
        for name in fields:
            if name not in known:
                raise TypeError(f"{type(transform).__name__} has no argument '{name}'; it takes {', '.join(known)}")  # fmt: skip
        self.transform, self.fields = transform, fields

    def forward(self, **fields: torch.Tensor) -> Fields:
        """All fields, those of the transform changed. Raises TypeError where one that it needs is missing."""
        given = {}
        for name, optional in arguments_of(self.transform).items():
            field = self.fields.get(name, name)
            if field in fields and not (optional and name not in self.fields):
                given[name] = fields[field]
            elif not optional or name in self.fields:
                raise TypeError(f"{type(self.transform).__name__} takes the field '{field}', and there are {', '.join(fields)}; name its fields with On(...)")  # fmt: skip
        found = changed(self.transform, list(given), self.transform(**given))
        return {**fields, **{self.fields.get(n, n): t for n, t in found.items()}}


class Chain(nn.Module):
    """Transforms one after another: each gets the fields that its arguments name, and what it gives takes their places.

    A transform may be any nn.Module whose forward() takes fields by name and gives a tensor (for its first argument), as
    many tensors as it took, or a dict of them. Arguments that have a default are left out unless On names a field for
    them: On(T.RandomHorizontalFlip(), mask="y") flips a segmentation mask together with its image.
    """

    def __init__(self, *transforms: nn.Module) -> None:
        super().__init__()
        for number, one in enumerate(transforms):
            if not isinstance(one, nn.Module):
                raise TypeError(f"Chain: transform {number} is {type(one).__name__}; expected an nn.Module")  # fmt: skip
        self.transforms = nn.ModuleList(t if isinstance(t, (On, Chain)) else On(t) for t in transforms)  # fmt: skip

    def forward(self, *values: torch.Tensor, **fields: torch.Tensor) -> Any:
        """Fields to fields, by name; those that no transform takes are as they were. In a loop of one's own, chain(x) gives x, and
        chain(x, y) both."""
        if values:
            if len(values) > 2 or fields:
                raise TypeError(f"Chain takes x, or x and y, or all fields by name, as in chain(x=images, mask=masks); found {len(values)} without names")  # fmt: skip
            found = self(**dict(zip("xy", values, strict=False)))
            return found["x"] if len(values) == 1 else (found["x"], found["y"])
        for transform in self.transforms:
            fields = transform(**fields)
        return fields
