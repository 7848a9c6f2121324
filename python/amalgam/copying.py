"""A model's copy, so that what tracing and trials do to it does not reach the user's."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

_OF_TORCH = ("_parameters", "_buffers", "_modules")


def _attributes(model: nn.Module) -> Iterator[Any]:
    """What modules hold beside parameters, buffers and modules."""
    for module in model.modules():
        for name, value in vars(module).items():
            if name not in _OF_TORCH:
                yield value


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in a value, in lists, tuples and dicts of them."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from tensors_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from tensors_in(one)


def copy_of(model: nn.Module, *, sharing: bool = False) -> nn.Module:
    """A copy of `model` with hooks on modules and on parameters; with `sharing`, parameters and buffers are the same tensors.

    Tensors that were computed (weight_norm keeps one) are copied without their history. What can't be copied otherwise
    (a lock, an open file) is the same object in both.
    """
    memo: dict[int, Any] = {}
    if sharing:
        memo = {id(t): t for t in (*model.parameters(), *model.buffers())}
    for value in _attributes(model):
        for tensor in tensors_in(value):
            if not tensor.is_leaf:
                memo[id(tensor)] = tensor.detach().clone()
    try:
        found = copy.deepcopy(model, dict(memo))
    except Exception:
        for value in _attributes(model):
            try:
                copy.deepcopy(value, dict(memo))
            except Exception:
                memo[id(value)] = value
        found = copy.deepcopy(model, memo)
    if not sharing:
        _copy_hooks(model, found)
    return found


def _copy_hooks(model: nn.Module, found: nn.Module) -> None:
    """Those of parameters, which a copied parameter lacks; and no gradients."""
    for ours, theirs in zip(found.parameters(), model.parameters(), strict=True):
        ours.grad = None
        for hook in (theirs._backward_hooks or {}).values():
            ours.register_hook(hook)  # type: ignore[no-untyped-call]
