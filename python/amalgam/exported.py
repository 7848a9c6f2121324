"""The module of an exported program, with tensors of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .errors import ExportError


def own_copy(module: nn.Module) -> nn.Module:
    """An exported module whose tensors are no longer the program's; one tensor under two names stays one."""
    memo: dict[int, torch.Tensor] = {}
    for owner in module.modules():
        places: tuple[dict[str, Any], ...] = (owner._parameters, owner._buffers)
        for tensors in places:
            for name, tensor in tensors.items():
                if tensor is None:
                    continue
                if id(tensor) not in memo:
                    copied = tensor.detach().clone()
                    memo[id(tensor)] = nn.Parameter(copied, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else copied  # fmt: skip
                tensors[name] = memo[id(tensor)]
    return module


def tie(module: nn.Module, like: nn.Module) -> None:
    """Parameters that are one in `like` are one in `module`."""
    first: dict[int, str] = {}
    known = dict(module.named_parameters(remove_duplicate=False))
    for name, parameter in like.named_parameters(remove_duplicate=False):
        if name not in known:
            continue
        other = first.setdefault(id(parameter), name)
        owner, _, last = name.rpartition(".")
        module.get_submodule(owner)._parameters[last] = known[other]


@torch.no_grad()
def take_values(module: nn.Module, like: nn.Module) -> None:
    """Parameters and buffers of `module` become equal to those of the same names in `like`.

    Raises ExportError where a tensor has another shape there.
    """
    known = {**dict(like.named_parameters(remove_duplicate=False)), **dict(like.named_buffers())}  # fmt: skip
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if name not in known:
            continue
        if tensor.shape != known[name].shape:
            raise ExportError(f"'{name}' of the model is {list(tensor.shape)}, and becomes {list(known[name].shape)} when it trains; give it its last shape from the start")  # fmt: skip
        tensor.copy_(known[name])
