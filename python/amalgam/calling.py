"""How a model is called: the tensors among its example inputs, their names, and the call that is made of others."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from .errors import ExportError

Inputs = torch.Tensor | Sequence[Any] | Mapping[str, Any]
_CONSTANTS = (bool, int, float, str, type(None))


class _Leaf:
    """The place of a tensor in the arguments."""

    def __init__(self, number: int) -> None:
        self.number = number


def _batched(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """An example with at least two samples, because a batch of one is exported as a constant, and of its own, because
    the same tensor given twice is exported as one input."""
    if tensor.dim() == 0 or tensor.shape[0] == 0:
        raise ExportError(f"example_inputs: '{name}' is {list(tensor.shape)}; expected a batch of samples, [N, ...], of at least one")  # fmt: skip
    tensor = tensor.detach()
    return tensor.clone() if tensor.shape[0] > 1 else torch.cat([tensor, tensor])


class Call:
    """The call forward(*args, **kwargs) of a model, as a function of its tensors.

    names: of the tensors, in order: an argument's, a key's in a dict, or with a number for several in one argument.
    tensors: the examples, each a batch [N, ...] of two or more.
    given: the examples as they came.
    plain: whether each tensor is an argument of its own, so that the model can be exported as it is.
    """

    def __init__(self, model: nn.Module, inputs: Inputs) -> None:
        signature = inspect.signature(model.forward)
        args, kwargs = _given(signature, inputs)
        bound = _bound(signature, args, kwargs)
        self.names: list[str] = []
        self.tensors: list[torch.Tensor] = []
        self.given: list[torch.Tensor] = []
        self.plain = True
        self._args: list[Any] = []
        self._kwargs: dict[str, Any] = {}
        named = _named_arguments(signature, bound)
        for name, value in named[: len(args)]:
            self._args.append(self._leaves(name, value))
        for name, value in named[len(args) :]:
            self._kwargs[name] = self._leaves(name, value)
        if not self.tensors:
            raise ExportError("example_inputs: has no tensor")
        kinds = {p.kind for n, p in signature.parameters.items() if n in bound.arguments}  # fmt: skip
        self.plain = self.plain and not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}  # fmt: skip
        device = next((p.device for p in model.parameters()), None)
        rows = {t.shape[0] for t in self.tensors}
        if len(rows) > 1:
            raise ExportError("example_inputs: have different numbers of samples: " + ", ".join(f"'{n}' {list(t.shape)}" for n, t in zip(self.names, self.given, strict=True)) + "; expected batches of as many, each [N, ...]")  # fmt: skip
        if device is not None:
            self.tensors = [t.to(device) for t in self.tensors]
            self.given = [t.to(device) for t in self.given]

    def _leaves(self, name: str, value: Any) -> Any:
        """`value` with a leaf in place of each tensor."""
        if hasattr(value, "shape") and not isinstance(value, torch.Tensor):
            value = torch.as_tensor(value)
        if isinstance(value, torch.Tensor):
            self.names.append(name)
            self.tensors.append(_batched(value, name))
            self.given.append(value.detach())
            return _Leaf(len(self.names) - 1)
        self.plain = False
        if isinstance(value, Mapping):
            return {key: self._leaves(self._key(name, str(key)), one) for key, one in value.items()}  # fmt: skip
        if isinstance(value, (list, tuple)):
            if value and all(isinstance(one, (bool, int, float)) for one in value):
                return self._leaves(name, torch.as_tensor(value))
            return _like(value, [self._leaves(f"{name}_{i}", one) for i, one in enumerate(value)])  # fmt: skip
        if isinstance(value, _CONSTANTS):
            return value
        raise ExportError(f"example_inputs: '{name}' is {type(value).__name__}; expected tensors, in tuples and dicts")  # fmt: skip

    def _key(self, argument: str, key: str) -> str:
        return key if key not in self.names else f"{argument}_{key}"

    def arguments(self, tensors: Sequence[torch.Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:  # fmt: skip
        """args and kwargs of forward(), with these tensors in the examples' places."""

        def filled(value: Any) -> Any:
            if isinstance(value, _Leaf):
                return tensors[value.number]
            if isinstance(value, dict):
                return {key: filled(one) for key, one in value.items()}
            if isinstance(value, (list, tuple)):
                return _like(value, [filled(one) for one in value])
            return value

        return tuple(filled(a) for a in self._args), filled(self._kwargs)

    def of_tensors(self, model: nn.Module) -> nn.Module:
        """`model`, changed to take the tensors alone, by position, under names that a program can have."""
        forward: Callable[..., Any] = model.forward
        names = identifiers(self.names)

        def flat(*tensors: torch.Tensor) -> Any:
            args, kwargs = self.arguments(tensors)
            return forward(*args, **kwargs)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        flat.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in names])  # type: ignore[attr-defined]  # fmt: skip
        model.forward = flat
        return model


def identifiers(names: Sequence[str]) -> list[str]:
    """Names as Python's arguments may have them, all different."""
    found: list[str] = []
    for name in names:
        word = re.sub(r"\W", "_", name, flags=re.ASCII) or "input"
        word = f"input_{word}" if word[0].isdigit() else word
        while word in found or word in ("self", "args", "kwargs"):
            word += "_"
        found.append(word)
    return found


def input_names(model: nn.Module, inputs: Inputs | None) -> list[str]:
    """The names of what a model takes, for samples that are tuples."""
    if inputs is not None:
        return Call(model, inputs).names
    return list(inspect.signature(model.forward).parameters)


def _like(sequence: Any, items: list[Any]) -> Any:
    """A list, tuple or named tuple of the items."""
    if hasattr(sequence, "_fields"):
        return type(sequence)(*items)
    return items if isinstance(sequence, list) else tuple(items)


def _given(signature: inspect.Signature, inputs: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:  # fmt: skip
    if isinstance(inputs, torch.Tensor) or hasattr(inputs, "shape"):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        if _is_one_argument(signature, inputs):
            return (dict(inputs),), {}
        return (), {str(name): value for name, value in inputs.items()}
    if isinstance(inputs, (str, bytes)) or not isinstance(inputs, Sequence):
        raise ExportError(f"example_inputs: is {type(inputs).__name__}; expected a tensor [N, ...], several, or a mapping by forward()'s argument names")  # fmt: skip
    return tuple(inputs), {}


def _is_one_argument(signature: inspect.Signature, inputs: Mapping[str, Any]) -> bool:
    """Whether the mapping is the one argument of forward(self, batch), rather than its arguments by name."""
    parameters = list(signature.parameters.values())
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
        return False
    return bool(parameters) and not any(name in signature.parameters for name in inputs)


def _bound(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments:  # fmt: skip
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        given = [*(f"{list(a.shape)}" if hasattr(a, "shape") else type(a).__name__ for a in args), *kwargs]  # fmt: skip
        raise ExportError(f"example_inputs: forward{signature} cannot be called with {', '.join(given) or 'nothing'}: {error}; give what the model takes, without targets") from None  # fmt: skip


def _named_arguments(signature: inspect.Signature, bound: inspect.BoundArguments) -> list[tuple[str, Any]]:  # fmt: skip
    """(name, value) of each argument, the positional ones first."""
    found: list[tuple[str, Any]] = []
    for name, value in bound.arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            found += [(f"{name}_{i}", one) for i, one in enumerate(value)]
        elif kind is inspect.Parameter.VAR_KEYWORD:
            found += list(value.items())
        else:
            found.append((name, value))
    return found
