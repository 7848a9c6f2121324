"""A model as .pt2: the training graph with a batch of any size, and the eval graph where it is another."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .batches import Arrays, Trial
from .calling import Call, Inputs
from .compare import Programs, check_same
from .copying import copy_of
from .errors import ExportError
from .quiet import quiet, world_kept
from .state import check_state
from .unwrap import module_of

# What torch.export says, and the usual rewrite.
_HINTS = (
    (
        ("data-dependent", "GuardOnDataDependent", "Could not guard", "UserError", "DataDependentOutput"),
        "a branch depends on the values of a tensor; write it with torch.where, or decide by shapes alone",
    ),
    (
        ("dynamic_shapes", "Constraints violated", "specialized", "inferred to be a constant"),
        "the batch size is used as a fixed number; take it from x.shape[0], and write -1 or x.flatten(1) in views",
    ),
    (
        ("Inference tensors", "inference tensor", "inference mode"),
        "a part runs under torch.inference_mode(); write torch.no_grad() in its place",
    ),
    (
        ("in-place", "inplace", "a view of a leaf", "mutat"),
        "a tensor is changed in place; write x = x + y in place of x += y, or clone before",
    ),
    (
        ("shapes cannot be multiplied", "reduction dim", "expected input", "Expected input", "size mismatch", "must match the size"),
        "the model does not take the example inputs: compare their shapes with what its first layer expects",
    ),
    (
        ("same dtype", "Expected tensor for argument", "scalar type", "expected scalar type"),
        "the model does not take the example inputs: their dtype is not its own",
    ),
)  # fmt: skip
_LENGTH = 300  # of torch's own words


def _line_in_the_way(error: BaseException) -> str:
    """The innermost line outside torch: the user's model's, in all likelihood."""
    for line in str(error).splitlines():
        if "File " in line and "/torch/" not in line and '"<' not in line and str(Path(__file__).parent) not in line:  # fmt: skip
            found = re.search(r'File "(.+)", line (\d+)', line)
            if found:
                return f"{found[1]}:{found[2]}"
    place = ""
    own = str(Path(__file__).parent)
    for frame in traceback.extract_tb(error.__traceback__):
        inside = "/torch/" in frame.filename or frame.filename.startswith((own, "<"))
        if not inside:
            place = f"{frame.filename}:{frame.lineno}: {frame.line}"
    return place


def _explained(error: BaseException) -> ExportError:
    """One line: the cure, the line in the way, and the first of torch's."""
    text = str(error).strip()
    first = text.splitlines()[0][:_LENGTH] if text else ""
    hint = next((h for words, h in _HINTS if any(w in text for w in words)), "torch.export refuses it")  # fmt: skip
    where = _line_in_the_way(error)
    place = f" (in the way: {where})" if where else ""
    return ExportError(f"the model cannot be exported: {hint}{place}; torch.export: {type(error).__name__}: {first}")  # fmt: skip


def _export(model: nn.Module, call: Call, training: bool) -> torch.export.ExportedProgram:  # fmt: skip
    args, kwargs = (tuple(call.tensors), {}) if not call.plain else call.arguments(call.tensors)  # fmt: skip
    batch = torch.export.Dim("batch", min=2)
    shapes: Any = tuple({0: batch} for _ in args) or {n: {0: batch} for n in kwargs}
    try:
        return torch.export.export(model.train(training), args, kwargs, dynamic_shapes=shapes)  # fmt: skip
    except Exception as error:
        raise _explained(error) from None


def _sizes(model: nn.Module, call: Call, tensors: list[torch.Tensor]) -> set[int]:
    """The first dimensions of what a model gives for these; empty where it does not take them."""
    args, kwargs = call.arguments([t.clone() for t in tensors])
    try:
        with torch.no_grad():
            found = torch.utils._pytree.tree_leaves(model(*args, **kwargs))
    except Exception:
        return set()
    return {t.shape[0] if t.dim() else 0 for t in found if isinstance(t, torch.Tensor)}  # fmt: skip


def _without_batch(model: nn.Module, call: Call) -> ExportError | None:
    """What to say where the examples are one sample each, which the model takes in batches, too."""
    model = copy_of(model).eval()
    given = call.given
    batch = [torch.stack([t, t, t]) for t in given]
    if _sizes(model, call, batch) != {3} or _sizes(model, call, given) == {given[0].shape[0]}:  # fmt: skip
        return None
    name, shape = call.names[0], list(given[0].shape)
    expected = f"[N, {', '.join(map(str, shape))}]"
    return ExportError(f"example_inputs: '{name}' is {shape}, one sample without a batch dimension; expected {expected}: give {name}.unsqueeze(0), or a batch of the data")  # fmt: skip


def _leaves(output: Any, name: str) -> list[tuple[str, torch.Tensor]]:
    """The tensors of nested outputs, in order, each with the key of the dict that holds it, or without a name."""
    if isinstance(output, torch.Tensor):
        return [(name, output)]
    if isinstance(output, Mapping):
        return [leaf for key, one in output.items() for leaf in _leaves(one, str(key))]
    if isinstance(output, (list, tuple)):
        return [leaf for one in output for leaf in _leaves(one, name)]
    return []


def _constants(node: torch.fx.Node) -> list[str]:
    """Numbers and words among the arguments. What is true in training and false in evaluation is left out, and so is the
    dropout of attention: a job switches these itself."""
    found = [*node.args, *(v for k, v in node.kwargs.items() if k != "dropout_p")]
    if "scaled_dot_product" in str(node.target) and len(found) > 4:
        found[4] = None
    return [str(value) for value in torch.utils._pytree.tree_leaves(found) if isinstance(value, (int, float, str)) and not isinstance(value, bool)]  # fmt: skip


def operations(program: torch.export.ExportedProgram) -> list[str]:
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
                found.append(" ".join([str(node.target), *_constants(node)]))
    return found


def save_program(program: torch.export.ExportedProgram, path: Path) -> None:
    """torch.export.save; raises ExportError for what it cannot write, such as a namedtuple."""
    try:
        torch.export.save(program, path)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise ExportError(f"the model's program cannot be written: {type(error).__name__}: {lines[0][:_LENGTH]}; return tensors, tuples or dicts") from None  # fmt: skip


class Exported:
    """A model's training and eval graphs, not yet written.

    model: an nn.Module, or torch's wrapper of one; left as it was. inputs: its examples. where: a name for messages.
    Raises ExportError, which names the line in the way, or what export would lose.
    """

    def __init__(self, model: Any, inputs: Inputs, where: str = "export") -> None:
        self.model = module_of(model, where)
        self.call = Call(self.model, inputs)
        with world_kept(), quiet():
            check_state(self.model)
            self.programs = Programs(self._program(True), self._program(False))

    def _program(self, training: bool) -> torch.export.ExportedProgram:
        work = copy_of(self.model, sharing=True)  # of its own: tracing leaves its marks
        if not self.call.plain:
            work = self.call.of_tensors(work)
        try:
            return _export(work, self.call, training)
        except ExportError as error:
            raise _without_batch(self.model, self.call) or error from None

    def inputs(self) -> dict[str, str]:
        """The program's name of each of the model's inputs, by the user's."""
        return dict(zip(self.call.names, self.programs.train.graph_signature.user_inputs, strict=True))  # fmt: skip

    def outputs(self, samples: int) -> dict[str, torch.Tensor]:
        """What the model gives in training for so many of its examples: by name where it gives a mapping, else by place;
        "" where it gives one tensor."""
        with world_kept(), quiet(), torch.no_grad():
            args, kwargs = self.call.arguments(Trial(self.call, None)(samples, 0))
            found = copy_of(self.model).train()(*args, **kwargs)
        if isinstance(found, torch.Tensor):
            return {"": found}
        by_name: dict[str, torch.Tensor] = {}
        for place, (name, tensor) in enumerate(_leaves(found, "")):
            by_name.setdefault(name or str(place), tensor)
        return by_name

    def check(self, arrays: Arrays | None = None) -> list[str]:
        """Compares the graphs with the model, over rows of the arrays where there are any. Returns notes for the user.

        Raises ExportError, which names the module where they part, the likely cause and its cure.
        """
        return check_same(self.model, self.programs, self.call, Trial(self.call, arrays))  # fmt: skip

    def save(self, path: Path) -> Path | None:
        """Writes the training graph, and beside it the eval graph where it is another one: returns its path, or None."""
        with quiet():
            save_program(self.programs.train, path)
            if operations(self.programs.train) == operations(self.programs.evaluate):
                return None
            eval_path = path.with_name(path.stem + "-eval.pt2")
            save_program(self.programs.evaluate, eval_path)
            return eval_path


def export(model: nn.Module, example_inputs: Inputs, path: Path) -> Path | None:
    """Writes the training graph to `path`, and beside it the eval graph where the model has another one.

    example_inputs: a tensor [N, ...], a sequence of them, a mapping by the names of forward()'s arguments, or whatever
    nest of tuples and dicts of tensors [N, ...] forward() takes. The model is left as it was.
    Before anything is written, both graphs are compared with the model (Exported.check). Returns the eval graph's path,
    or None. Raises ExportError, which names the line in the way or the module where graph and model part.
    """
    found = Exported(model, example_inputs)
    found.check()
    return found.save(Path(path))
