"""The nn.Module in what a user calls a model."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from .errors import ExportError


def _wrapped(model: nn.Module) -> nn.Module | None:
    """What a wrapper of torch trains; None where `model` is no wrapper."""
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        found: nn.Module = model.module
        return found
    inner: Any = getattr(model, "_orig_mod", None)  # torch.compile
    if isinstance(inner, nn.Module) and type(model).__name__ == "OptimizedModule":
        return inner
    inner = getattr(model, "_original_module", None)  # Lightning's Fabric
    if isinstance(inner, nn.Module) and type(model).__name__ == "_FabricModule":
        return inner
    return None


def _what_it_is(model: Any) -> str:
    """What is given in place of a module, and what to give; empty where it is a module that can be exported."""
    if inspect.isclass(model):
        return f"is the class {model.__name__}, not one of its instances: write {model.__name__}(...)"
    if isinstance(model, (torch.jit.ScriptModule, torch.jit.ScriptFunction)):
        return "is TorchScript, which torch.export does not take: give the nn.Module that it was made from"
    if not isinstance(model, nn.Module):
        if isinstance(model, functools.partial) or inspect.isroutine(model):
            return "is a function, which has no parameters to train: make it the forward() of an nn.Module"
        if isinstance(model, Mapping):
            return "is a state dict: give the nn.Module, with these weights loaded by load_state_dict()"
        return f"is {type(model).__name__}; expected an nn.Module, an exported program, or the path of a .pt2"
    return _why_not_exported(model)


def _why_not_exported(model: nn.Module) -> str:
    if isinstance(model, torch.fx.GraphModule) and "Exported" in type(model).__name__:
        return "is the module() of an exported program: give the program itself, or the module that it was made from"
    if type(model).__name__ in ("FullyShardedDataParallel", "FSDPModule"):
        return "is sharded over processes: give the module before it is wrapped"
    if type(model).forward is nn.Module.forward and "forward" not in vars(model):
        return f"{type(model).__name__} has no forward(): give the module that computes the outputs"
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if nn.parameter.is_lazy(tensor):
            return f"'{name}' has no values yet (a lazy module): call the model once before"
        if tensor.device.type == "meta":
            return f"'{name}' is on the device 'meta' and has no values: load them, or call to_empty() and initialize it"
    return ""


def unwrapped(model: Any) -> Any:
    """Without torch's wrappers (compile, DataParallel, DistributedDataParallel)."""
    while isinstance(model, nn.Module):
        inner = _wrapped(model)
        if inner is None:
            break
        model = inner
    return model


def module_of(model: Any, where: str) -> nn.Module:
    """The module in `model` that is trained: wrappers of torch (compile, DataParallel, DistributedDataParallel) are taken
    off, so that names come back without their prefix.

    Raises ExportError for anything else than a module with values, and says what to give instead.
    """
    model = unwrapped(model)
    wrong = _what_it_is(model)
    if wrong:
        raise ExportError(f"{where}: the model {wrong}")
    for name, module in model.named_modules():
        if _wrapped(module) is not None:
            raise ExportError(f"{where}: '{name}' inside the model is wrapped by {type(module).__name__}: give the model without it; train.py has --compile and runs under torchrun")  # fmt: skip
    found: nn.Module = model
    return found
