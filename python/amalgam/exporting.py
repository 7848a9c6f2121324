"""A model as .pt2: the training graph with a batch of any size, and the eval graph where it is another."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .errors import ExportError

Inputs = torch.Tensor | Sequence[torch.Tensor] | Mapping[str, torch.Tensor]

# What torch.export says, and the usual rewrite.
_HINTS = (
    (
        ("data-dependent", "GuardOnDataDependent", "Could not guard", "UserError"),
        "a branch depends on the values of a tensor; write it with torch.where, or decide by shapes alone",
    ),
    (
        ("dynamic_shapes", "Constraints violated", "specialized", "inferred to be a constant"),
        "the batch size is used as a fixed number; take it from x.shape[0], and write -1 or x.flatten(1) in views",
    ),
    (
        ("in-place", "inplace", "a view of a leaf", "mutat"),
        "a tensor is changed in place; write x = x + y in place of x += y, or clone before",
    ),
)  # fmt: skip


@contextlib.contextmanager
def _modes_kept(model: nn.Module) -> Iterator[None]:
    before = {name: module.training for name, module in model.named_modules()}
    try:
        yield
    finally:
        for name, module in model.named_modules():
            module.training = before[name]


def _arguments(inputs: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return tuple(inputs), {}


def _batched(tensor: Any) -> torch.Tensor:
    """An example with at least two samples, because a batch of one is exported as a constant, and of its own, because
    the same tensor given twice is exported as one input."""
    tensor = torch.as_tensor(tensor)
    if tensor.dim() == 0 or tensor.shape[0] == 0:
        raise ExportError("example_inputs: expected a batch of samples, [N, ...], of at least one")  # fmt: skip
    return tensor.clone() if tensor.shape[0] > 1 else torch.cat([tensor, tensor])


def _line_in_the_way(error: BaseException) -> str:
    """The innermost line outside torch: the user's model's, in all likelihood."""
    found = ""
    own = str(Path(__file__).parent)
    for frame in traceback.extract_tb(error.__traceback__):
        inside = "/torch/" in frame.filename or frame.filename.startswith((own, "<"))
        if not inside:
            found = f"{frame.filename}:{frame.lineno}: {frame.line}"
    return found


def _explained(error: BaseException) -> ExportError:
    text = str(error)
    hint = next((h for words, h in _HINTS if any(w in text for w in words)), "see torch.export's text below")  # fmt: skip
    where = _line_in_the_way(error)
    for line in text.splitlines():
        if "File " in line and "site-packages/torch" not in line and '"<' not in line:
            where = line.strip()
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    return ExportError(
        f"the model cannot be exported: {hint}\n  in the way: {where or 'unknown'}\n  torch.export: {first}"
    )


def _export(
    model: nn.Module, inputs: Inputs, training: bool
) -> torch.export.ExportedProgram:
    args, kwargs = _arguments(inputs)
    args = tuple(_batched(a) for a in args)
    kwargs = {name: _batched(a) for name, a in kwargs.items()}
    batch = torch.export.Dim("batch", min=2)
    shapes: Any = tuple({0: batch} for _ in args) or {
        name: {0: batch} for name in kwargs
    }
    try:
        with _modes_kept(model):
            return torch.export.export(
                model.train(training), args, kwargs, dynamic_shapes=shapes
            )
    except Exception as error:
        raise _explained(error) from error


def _operations(program: torch.export.ExportedProgram) -> list[str]:
    """What is computed, but for the counter of batch norm, which only training advances."""
    signature = program.graph_signature
    buffers = set(signature.inputs_to_buffers)
    found = []
    for module in program.graph_module.modules():
        if not isinstance(module, torch.fx.GraphModule):
            continue
        for node in module.graph.nodes:
            counts = str(node.target).startswith("aten.add_") and getattr(node.args[0], "name", "") in buffers  # fmt: skip
            if node.op == "call_function" and not counts:
                found.append(str(node.target))
    return found


def export(model: nn.Module, example_inputs: Inputs, path: Path) -> Path | None:
    """Writes the training graph to `path`, and beside it the eval graph where the model has another one.

    example_inputs: a tensor [N, ...], a sequence of them, or a mapping by the names of forward()'s arguments. The model
    is left as it was: its parameters, their device, and each module's mode. Returns the eval graph's path, or None.
    Raises ExportError, which names the line in the way.
    """
    training = _export(model, example_inputs, True)
    torch.export.save(training, path)
    evaluating = _export(model, example_inputs, False)
    if _operations(training) == _operations(evaluating):
        return None
    eval_path = path.with_name(path.stem + "-eval.pt2")
    torch.export.save(evaluating, eval_path)
    return eval_path
