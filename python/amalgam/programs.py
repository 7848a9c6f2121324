"""A task's loss and transforms as .pt2: modules or functions of batches, exported for the fields of its dataset."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import nn

from .batches import Arrays
from .copying import copy_of
from .errors import ExportError, InvalidError, UsageError
from .exporting import Exported, operations, save_program
from .quiet import quiet, random_states_kept
from .rows import TARGETS

Program = (
    nn.Module
    | Callable[..., Any]
    | torch.export.ExportedProgram
    | str
    | os.PathLike[str]
)
Batch = dict[str, torch.Tensor]
_ROWS = 4  # of an example batch


class _Function(nn.Module):
    """A function as a module, with its own signature."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function
        self.forward = function


class _Probed(nn.Module):
    """A loss whose gradient by what it takes shows in parameters, one for each real input, of zeros."""

    def __init__(self, loss: nn.Module, inputs: Batch) -> None:
        super().__init__()
        self.loss = loss
        self.probes = nn.ParameterDict({n: nn.Parameter(torch.zeros_like(t[:1])) for n, t in inputs.items() if t.is_floating_point()})  # fmt: skip

    def forward(self, **inputs: torch.Tensor) -> Any:
        return self.loss(**{n: t + self.probes[n] if n in self.probes else t for n, t in inputs.items()})  # fmt: skip


def as_module(given: Any, what: str) -> nn.Module:
    """A module or a function as a module of its own. Raises UsageError for anything else."""
    if isinstance(given, type):
        raise UsageError(f"{what} is the class {given.__name__}; give one of its instances: {given.__name__}(...)")  # fmt: skip
    if isinstance(given, nn.Module):
        return given
    if callable(given):
        try:
            inspect.signature(given)
        except ValueError:
            raise UsageError(f"{what} is built into Python or PyTorch, and does not say what it takes; write a function around it, as def loss(output, y)") from None  # fmt: skip
        return _Function(given)
    raise UsageError(f"{what} is {type(given).__name__}; expected an nn.Module, a function of batches, or the path of a .pt2")  # fmt: skip


def is_file(given: Any) -> bool:
    """Whether it is exported already."""
    return isinstance(given, (str, os.PathLike, torch.export.ExportedProgram))


def file_of(given: Any, path: Path, what: str) -> str:
    """The path of what is exported already; a program is written to `path`. Raises UsageError for another name."""
    if isinstance(given, torch.export.ExportedProgram):
        _save(given, path)
        return str(path)
    name = os.fspath(given)
    if not name.endswith(".pt2"):
        raise UsageError(f"{what} is {name!r}; expected a module, a function or the path of a .pt2 (a loss of PyTorch is named in the recipe: Recipe(loss={name!r}))")  # fmt: skip
    return str(Path(name).resolve())


def _save(program: torch.export.ExportedProgram, path: Path) -> None:
    with quiet():
        save_program(program, path)


def fields_of_batch(arrays: Arrays, targets: Sequence[str]) -> Batch:
    """Rows of each field, from all over the dataset, in the dtypes that a job holds them in."""
    count = min(len(a) for a in arrays.values())
    if count == 0:
        raise InvalidError("the training data has no rows")
    rows = numpy.unique(numpy.linspace(0, count - 1, _ROWS).astype(int))
    found = {}
    for name, array in arrays.items():
        values = torch.as_tensor(numpy.ascontiguousarray(array[rows]))
        if name in targets:
            values = stored_target(values)
        found[name] = values
    return found


def stored_target(values: torch.Tensor) -> torch.Tensor:
    """Whole numbers as int64, but bytes of more than one a row, which stay."""
    if values.is_floating_point() or (values.dtype == torch.uint8 and values[0].numel() > 1):  # fmt: skip
        return values
    return values.to(torch.int64)


def _parameters(module: nn.Module) -> list[inspect.Parameter]:
    return list(inspect.signature(module.forward).parameters.values())


def _takes_any(module: nn.Module) -> bool:
    return any(p.kind is inspect.Parameter.VAR_KEYWORD for p in _parameters(module))


def _names(module: nn.Module) -> list[tuple[str, bool]]:
    """Names of arguments, and whether each can be left out."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [(p.name, p.default is not p.empty) for p in _parameters(module) if p.kind in named]  # fmt: skip


def taken(
    module: nn.Module, batch: Batch, targets: Sequence[str], what: str
) -> dict[str, str]:
    """Which field each argument of a transform takes: of its name; "y" is the only target, and an argument of another name
    the only feature. Raises UsageError where there is none."""
    if _takes_any(module):
        return {name: name for name in batch}
    features = [name for name in batch if name not in targets]
    found: dict[str, str] = {}
    for name, optional in _names(module):
        if name in batch:
            found[name] = name
        elif name in TARGETS and len(targets) == 1 and not optional:
            found[name] = targets[0]
        elif len(features) == 1 and features[0] not in found.values() and not optional:
            found[name] = features[0]
        elif not optional:
            raise UsageError(f"{what} takes '{name}', which the data has not; it has {', '.join(batch)}")  # fmt: skip
    return found


def transformed(module: nn.Module, batch: Batch, takes: Mapping[str, str], what: str) -> Batch:  # fmt: skip
    """The batch with what a transform gives: a dict by name, or as many tensors as it took, or one for the first. Raises
    UsageError for anything else, and ExportError where it fails."""
    try:
        with torch.no_grad(), random_states_kept():
            given = module(**{n: batch[f].clone() for n, f in takes.items()})
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise ExportError(f"the {what} fails on rows of the data: {type(error).__name__}: {lines[0][:300]}") from None  # fmt: skip
    parts = (given,) if isinstance(given, torch.Tensor) else given
    if isinstance(parts, Mapping):
        good = all(isinstance(n, str) for n in parts)
        named: Mapping[Any, Any] = parts
        parts = tuple(parts.values())
    else:
        good = isinstance(parts, (list, tuple))
        named = dict(zip(takes, parts if good else (), strict=False))
    if not good or not parts or not all(isinstance(t, torch.Tensor) for t in parts):
        raise UsageError(f"{what}= gives {_shown(given)}; expected a tensor, as many as it takes, or a dict of them by field")  # fmt: skip
    return {**batch, **{takes.get(n, n): t for n, t in named.items()}}


def _shown(given: Any) -> str:
    if isinstance(given, Mapping):
        return f"a dict of {', '.join(f'{n!r}: {type(v).__name__}' for n, v in given.items()) or 'nothing'}"  # fmt: skip
    if isinstance(given, (list, tuple)):
        return f"{type(given).__name__} of {', '.join(type(v).__name__ for v in given) or 'nothing'}"  # fmt: skip
    return repr(given)[:60]


def _named(error: ExportError, what: str) -> ExportError:
    text = (
        str(error).replace("the model", f"the {what}").replace("example_inputs", what)
    )
    return ExportError(
        text if text.startswith(f"the {what}") else f"the {what}: {text}"
    )


def export_transform(given: Any, batch: Batch, targets: Sequence[str], training: bool, path: Path) -> Batch:  # fmt: skip
    """Writes the transform's program, compared with the module, and returns the batch as it leaves it."""
    what = "transform" if training else "eval_transform"
    module = as_module(given, f"{what}=")
    takes = taken(module, batch, targets, f"{what}=")
    found = transformed(copy_of(module).train(training), batch, takes, what)
    try:
        exported = Exported(module, {n: batch[f] for n, f in takes.items()}, f"{what}=")
        exported.check({n: numpy.asarray(batch[f]) for n, f in takes.items()})
    except ExportError as error:
        raise _named(error, what) from None
    _save(exported.programs.train if training else exported.programs.evaluate, path)
    return found


def _compared(module: nn.Module, outputs: Batch, batch: Batch, targets: Sequence[str], what: str) -> Batch:  # fmt: skip
    """What each argument of a loss or a metric takes: the target of its name ("y" is the only one), the output of its name, or the
    next output that has none; any name is that of an only output."""
    unnamed = [n for n in outputs if not n or n.isdigit()]
    found: Batch = {}
    for name, optional in _names(module):
        if name in targets:
            found[name] = batch[name]
        elif name in outputs:
            found[name] = outputs[name]
        elif optional:  # a setting, as gamma=2.0
            continue
        elif name in TARGETS and len(targets) == 1:
            found[name] = batch[targets[0]]
        elif len(outputs) == 1:
            taker = next((n for n, t in found.items() if t is next(iter(outputs.values()))), None)  # fmt: skip
            if taker is not None:
                raise UsageError(f"{what}= takes '{taker}' and '{name}', and the model has one output, which would be both; a target needs Recipe(targets=…), and a setting a value ({name}=…)")  # fmt: skip
            found[name] = next(iter(outputs.values()))
        elif unnamed:
            found[name] = outputs[unnamed.pop(0)]
        else:
            raise UsageError(f"{what}= takes '{name}', which is no target ({', '.join(targets) or 'none'}) and no output of the model ({', '.join(n or 'its only one' for n in outputs)})")  # fmt: skip
    return found


def _module_and_inputs(given: Any, outputs: Batch, batch: Batch, targets: Sequence[str], what: str) -> tuple[nn.Module, Batch]:  # fmt: skip
    module = as_module(given, f"{what}=")
    if _takes_any(module):
        raise UsageError(f"{what}= takes **arguments; name the outputs and targets that it takes")  # fmt: skip
    inputs = _compared(module, outputs, batch, targets, what)
    return module, {n: t.clone() for n, t in inputs.items()}


def export_metric(given: Any, outputs: Batch, batch: Batch, targets: Sequence[str], path: Path) -> None:  # fmt: skip
    """Writes the metric's program, numerators and denominators, compared with the module."""
    module, inputs = _module_and_inputs(given, outputs, batch, targets, "metric")
    try:
        exported = Exported(module, inputs, "metric=")
        exported.check({n: t.numpy() for n, t in inputs.items()})
    except ExportError as error:
        raise _named(error, "metric") from None
    _save(exported.programs.evaluate, path)


def check_apart(given: Any, model: nn.Module, what: str) -> None:
    """Raises UsageError where a loss or a transform holds tensors of the model: its program would have copies of them."""
    if not isinstance(given, nn.Module):
        return
    own = {id(t): n for n, t in [*model.named_parameters(), *model.named_buffers()]}
    for name, tensor in [*given.named_parameters(), *given.named_buffers()]:
        if id(tensor) in own:
            raise UsageError(f"{what}= holds the model's '{own[id(tensor)]}' (as '{name}'), and would train a copy of it; let the model give what it needs as an output, or compute it inside the model")  # fmt: skip


def export_loss(given: Any, outputs: Batch, batch: Batch, targets: Sequence[str], path: Path) -> None:  # fmt: skip
    """Writes the loss's program, compared with the module: values, gradients and buffers."""
    module, inputs = _module_and_inputs(given, outputs, batch, targets, "loss")
    try:
        exported = Exported(module, inputs, "loss=")
        Exported(_Probed(copy_of(module), inputs), inputs, "loss=").check()
    except ExportError as error:
        raise _named(error, "loss") from None
    if operations(exported.programs.train) != operations(exported.programs.evaluate):
        raise ExportError("the loss is another one in eval mode; a job takes one for both: leave out what asks self.training")  # fmt: skip
    _save(exported.programs.train, path)
