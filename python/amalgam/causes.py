"""Why an exported model differs from the model: where they part, and the likely cause with its cure."""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import torch
from torch import nn

from .copying import tensors_in

_OF_TORCH = frozenset(vars(nn.Module()))
_LARGEST = 1 << 20  # bytes of an attribute that is looked at

DROPPED_BACKWARD = "the backward of the autograd.Function '{}' is dropped by export; write it with operations whose gradients are as wanted, or with torch.where and detach()"  # fmt: skip
REENTRANT = "checkpoint(use_reentrant=True) is exported without gradients; write checkpoint(..., use_reentrant=False)"  # fmt: skip
PYTHON_RANDOM = "draws from {}'s random numbers, which export would freeze; draw with torch (torch.rand), and choose with torch.where"  # fmt: skip
STATE = "'{}' changes from batch to batch, and export freezes what Python keeps; make it a buffer (register_buffer) that is changed in place, or leave it out"  # fmt: skip
HOOK = "a hook on {} is dropped by export; put what it does into forward(), or remove the hook while amalgam runs"  # fmt: skip
SAID_BY_CHECKPOINT = (
    "None of the inputs have requires_grad=True"  # only where it is reentrant
)
OWN_GENERATOR = "'{}' draws random numbers of its own, which export would freeze; draw with torch (torch.rand), and choose with torch.where"  # fmt: skip
UNKNOWN_GRADIENT = "a hook on a tensor (register_hook) or a backward of its own is dropped by export; put what it does into forward()"  # fmt: skip
INFERENCE = "{} runs under torch.inference_mode(), which export drops, so that it would be trained; write torch.no_grad() in its place"  # fmt: skip
UNKNOWN = "export keeps tensor operations alone: state kept in Python, random numbers that are not torch's, and branches on values are frozen as they were; keep state in buffers"  # fmt: skip


def named(name: str) -> str:
    """A module, for messages."""
    return f"'{name}'" if name else "the model itself"


def random_digest() -> dict[str, int]:
    """The states of generators beside torch's."""
    name, keys, *rest = numpy.random.get_state()
    return {
        "Python": hash(random.getstate()),
        "numpy": hash((name, numpy.asarray(keys).tobytes(), *rest)),
    }


def attributes(model: nn.Module) -> dict[str, bytes]:
    """A digest of everything that modules keep in Python, by its path."""
    found = {}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name not in _OF_TORCH and not isinstance(value, nn.Module):
                digest = _digest(value)
                if digest:
                    found[f"{path}.{name}" if path else name] = digest
    return found


def _digest(value: Any) -> bytes:
    if isinstance(value, torch.Tensor):
        value = value.detach()
        if value.numel() * value.element_size() > _LARGEST:
            return b""
    try:
        text = pickle.dumps(value)
    except Exception:  # no value that could be kept
        return b""
    return hashlib.blake2b(text).digest() if len(text) <= _LARGEST else b""


def _is_generator(value: Any) -> bool:
    return isinstance(value, (random.Random, numpy.random.Generator, numpy.random.RandomState))  # fmt: skip


def plain_values(model: nn.Module) -> tuple[set[str], set[str]]:
    """The names of what modules keep in Python: generators of random numbers, and other things without tensors."""
    generators: set[str] = set()
    others: set[str] = set()
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name not in _OF_TORCH and not any(True for _ in tensors_in(value)):
                full = f"{path}.{name}" if path else name
                (generators if _is_generator(value) else others).add(full)
    return generators, others


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    return [name for name, digest in after.items() if before.get(name) != digest]


def _nodes(output: torch.Tensor) -> Iterator[Any]:
    """Of the graph of gradients behind a tensor."""
    left, seen = [output.grad_fn], set()
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        yield node
        left += [following for following, _ in node.next_functions]


def of_graph(outputs: list[torch.Tensor]) -> str:
    """What in the graph of gradients export can't keep; empty where nothing is seen."""
    for output in outputs:
        for node in _nodes(output):
            if isinstance(node, torch.autograd.function.BackwardCFunction):
                name = type(node).__name__.removesuffix("Backward")
                if name == "BackwardHookFunction":  # of a module's backward hook
                    continue
                return REENTRANT if name == "CheckpointFunction" else DROPPED_BACKWARD.format(name)  # fmt: skip
    return ""


def of_hooks(model: nn.Module, *, backward: bool) -> str:
    """A hook that could be the cause; empty where there is none."""
    if backward:
        for name, parameter in model.named_parameters():
            if parameter._backward_hooks or parameter._post_accumulate_grad_hooks:
                return HOOK.format(f"the parameter '{name}'")
    kinds = ("_backward_hooks", "_backward_pre_hooks") if backward else ("_forward_hooks", "_forward_pre_hooks")  # fmt: skip
    for name, module in model.named_modules():
        if any(getattr(module, kind) for kind in kinds):
            return HOOK.format(named(name))
    return ""


def hooked_backward(model: nn.Module) -> list[str]:
    """Parameters and modules with hooks on their gradients, none of which is in an exported program."""
    found = [f"the parameter '{name}'" for name, parameter in model.named_parameters() if parameter._backward_hooks]  # fmt: skip
    for name, module in model.named_modules():
        if module._backward_hooks or module._backward_pre_hooks:
            found.append(named(name))
    return found


class _Replaced:
    """An attribute of a class, made another by a function of it, until remove()."""

    def __init__(self, owner: type, name: str, change: Callable[[Any], Any]) -> None:
        self._owner, self._name, self._before = owner, name, getattr(owner, name)
        setattr(owner, name, change(self._before))

    def remove(self) -> None:
        setattr(self._owner, self._name, self._before)


class Outputs:
    """Records what each module gives while the model runs, which module draws from other generators than torch's, and
    which enters torch.inference_mode()."""

    def __init__(self, model: nn.Module) -> None:
        self.found: list[tuple[str, list[torch.Tensor]]] = []  # in order of completion
        self.draws: dict[str, str] = {}  # which generator, by module; innermost first
        self.inference: str | None = None  # the first module that enters it
        self._open: list[dict[str, int]] = []
        self._names: list[str] = []  # of modules that are running
        self._removers: list[Any] = [_Replaced(torch.inference_mode, "__enter__", self._entering)]  # fmt: skip
        for name, module in model.named_modules():
            self._removers.append(module.register_forward_pre_hook(self._begin(name), prepend=True))  # fmt: skip
            self._removers.append(module.register_forward_hook(self._end(name)))

    def _begin(self, name: str) -> Callable[..., None]:
        def begin(module: nn.Module, args: Any) -> None:
            self._names.append(name)
            self._open.append(random_digest())

        return begin

    def _entering(self, enter: Callable[..., None]) -> Callable[..., None]:
        def entered(mode: Any) -> None:
            if mode.mode and self.inference is None:
                self.inference = self._names[-1] if self._names else ""
            enter(mode)

        return entered

    def _end(self, name: str) -> Callable[..., None]:
        def end(module: nn.Module, args: Any, output: Any) -> None:
            self._names.pop()
            before, after = self._open.pop(), random_digest()
            for generator in before:
                if before[generator] != after[generator]:
                    self.draws.setdefault(name, generator)
            tensors = torch.utils._pytree.tree_leaves(output)
            kept = [t.detach().clone() for t in tensors if isinstance(t, torch.Tensor)]
            self.found.append((name, kept))

        return end

    def remove(self) -> None:
        for remover in self._removers:
            remover.remove()


class NodeValues(torch.fx.Interpreter):
    """Runs an exported graph and keeps a digest of each tensor, by the modules that it is computed in."""

    def __init__(self, module: torch.fx.GraphModule) -> None:
        super().__init__(module)
        self.digests: dict[str, set[bytes]] = {}

    def run_node(self, n: torch.fx.Node) -> Any:
        result = super().run_node(n)
        for value in torch.utils._pytree.tree_leaves(result):
            if isinstance(value, torch.Tensor):
                for path, _ in (n.meta.get("nn_module_stack") or {}).values():
                    self.digests.setdefault(path, set()).add(digest_of(value))
        return result


def digest_of(tensor: torch.Tensor) -> bytes:
    """Of dtype, shape and every bit."""
    tensor = tensor.detach().contiguous().cpu()
    data = tensor.reshape(-1).view(torch.uint8).numpy() if tensor.numel() else b""
    return hashlib.blake2b(f"{tensor.dtype}{list(tensor.shape)}".encode() + bytes(data)).digest()  # fmt: skip


def where_outputs_part(outputs: Outputs, nodes: NodeValues) -> str:
    """The first module to complete with an output that the exported graph computes nowhere in it."""
    for name, tensors in outputs.found:
        known = nodes.digests.get(name)
        if known is None:
            continue  # nothing of it is in the graph: an identity, or skipped
        if any(digest_of(tensor) not in known for tensor in tensors):
            return name
    return ""
