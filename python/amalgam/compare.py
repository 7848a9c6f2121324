"""Whether an exported model is the model: both run side by side, and every bit of what they give is compared."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy
import torch
from torch import nn

from . import causes
from .calling import Call
from .copying import copy_of
from .counted import counted
from .errors import ExportError
from .exported import own_copy, take_values, tie
from .quiet import exact_kernels, quiet, world_kept

_RUNS = ((11, 3), (12, 2))  # a seed, and how many samples a batch has
_STEPS = 2  # of each run, one after another: state kept between batches shows
_LR = 0.01  # for a gradient of norm 1 or more
_NOT_THE_MODEL = "what torch.export makes of the model is not the model: "

Batch = list[torch.Tensor]
Batches = Callable[[int, int], Batch]  # (samples, number of the batch) -> tensors


class Programs(NamedTuple):
    """What was exported of a model."""

    train: torch.export.ExportedProgram
    evaluate: torch.export.ExportedProgram


@dataclass
class _Step:
    """What one side gave in one step."""

    outputs: list[torch.Tensor]
    random: torch.Tensor  # torch's state afterwards
    gradients: dict[str, torch.Tensor | None] = field(default_factory=dict)
    buffers: dict[str, torch.Tensor] = field(default_factory=dict)


class _Difference(NamedTuple):
    kind: str  # "draws", "outputs", "random values", "gradients" or "buffers"
    names: list[str]  # of parameters or buffers


class _Side:
    """The model, or what was exported of it, with parameters of its own."""

    def __init__(self, module: nn.Module, call: Callable[[Batch], tuple[Any, Any]]) -> None:  # fmt: skip
        self.module, self._call = module, call
        self.draws = ""  # from which generator beside torch's, if from one

    def outputs(self, batch: Batch) -> list[torch.Tensor]:
        args, kwargs = self._call([t.clone() for t in batch])
        before = causes.random_digest()
        found = torch.utils._pytree.tree_leaves(self.module(*args, **kwargs))
        after = causes.random_digest()
        self.draws = self.draws or next((g for g in before if before[g] != after[g]), "")  # fmt: skip
        return [t for t in found if isinstance(t, torch.Tensor)]

    def train_step(self, batch: Batch, seed: int) -> _Step:
        """Forward, backward of a fixed function of all outputs, and an update."""
        self._advance(seed)
        outputs = self.outputs(batch)
        loss = _loss(outputs)
        if loss is not None:
            loss.backward()  # type: ignore[no-untyped-call]
        for parameter in self.module.parameters():
            if (
                parameter.grad is not None and parameter.grad.is_sparse
            ):  # of an embedding
                parameter.grad = parameter.grad.to_dense()
        found = _Step(outputs, torch.get_rng_state())
        parameters = self.module.named_parameters(remove_duplicate=False)
        found.gradients = {n: p.grad for n, p in parameters}
        _update(list(self.module.parameters()))
        found.buffers = {n: t.detach().clone() for n, t in self.module.named_buffers()}
        return found

    def evaluation(self, batch: Batch, seed: int) -> _Step:
        self._advance(seed)
        with torch.no_grad():
            return _Step(self.outputs(batch), torch.get_rng_state())

    def _advance(self, seed: int) -> None:
        """torch's random state is the same on both sides; those that no program can have never are."""
        torch.manual_seed(seed)
        random.random()
        numpy.random.random()


def _loss(outputs: Sequence[torch.Tensor]) -> torch.Tensor | None:
    """A sum in which each value counts differently; None where no output has a gradient."""
    found = None
    for output in outputs:
        if output.requires_grad and not output.is_complex():
            weights = torch.cos(torch.arange(output.numel(), device=output.device))
            term = (output.float().reshape(-1) * weights).mean()
            found = term if found is None else found + term
    return found


@torch.no_grad()
def _update(parameters: list[nn.Parameter]) -> None:
    """A step of SGD that is never large, the same for the same gradients."""
    moved = [p for p in parameters if p.grad is not None]
    norm = sum(float(p.grad.float().pow(2).sum()) for p in moved if p.grad is not None) ** 0.5  # fmt: skip
    for parameter in moved:
        parameter.sub_(parameter.grad.to(parameter.dtype), alpha=_LR / max(1.0, norm))  # type: ignore[union-attr]  # fmt: skip
        parameter.grad = None


def _same(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    bits = (t.detach().contiguous().reshape(-1).view(torch.uint8) for t in (a, b))
    return torch.equal(*bits) if a.numel() else True


def _compared(eager: _Step, exported: _Step) -> _Difference | None:
    """The first difference, in the order in which one leads to another."""
    if len(eager.outputs) != len(exported.outputs) or not all(map(_same, eager.outputs, exported.outputs)):  # fmt: skip
        return _Difference("outputs", [])
    if not torch.equal(eager.random, exported.random):
        return _Difference("random values", [])
    wrong = [n for n, g in eager.gradients.items() if not _same(g, exported.gradients.get(n))]  # fmt: skip
    if wrong:
        return _Difference("gradients", wrong)
    wrong = [n for n, t in eager.buffers.items() if not _same(t, exported.buffers.get(n))]  # fmt: skip
    if wrong:
        return _Difference("buffers", wrong)
    return None


def _schedule() -> list[tuple[bool, int, int]]:
    """(training, seed, samples) of each step; parameters move on from one to the next."""
    train = [(True, seed + step, rows) for seed, rows in _RUNS for step in range(_STEPS)]  # fmt: skip
    return train + [(False, seed, rows) for seed, rows in _RUNS]


class _Twins:
    """The model and what was exported of it, from the same start."""

    def __init__(self, model: nn.Module, programs: Programs, call: Call) -> None:
        self.call, self._programs = call, programs
        self.model = copy_of(model).train()
        self.eager = _Side(self.model, call.arguments)
        self.exported = self._exported(programs.train)
        self._start = {n: t.detach().clone() for n, t in self.model.named_buffers()}

    def _exported(self, program: torch.export.ExportedProgram) -> _Side:
        module = own_copy(program.module())
        tie(module, self.model)
        return _Side(module, self.call.arguments if self.call.plain else lambda batch: (tuple(batch), {}))  # fmt: skip

    def begin(self, training: bool) -> None:
        """Before each step; in eval the exported model becomes the other program, where the model stands now."""
        if training == self.model.training:
            return
        self.model.train(training)
        self.exported = self._exported(self._programs.evaluate)
        take_values(self.exported.module, self.model)

    def step(self, training: bool, batch: Batch, seed: int) -> tuple[_Step, _Step]:
        sides = self.eager, self.exported
        if not training:
            eager, exported = (side.evaluation(batch, seed) for side in sides)
            return eager, exported
        eager, exported = (side.train_step(batch, seed) for side in sides)
        exported.buffers = {**self._start, **exported.buffers}
        return eager, exported


def check_same(model: nn.Module, programs: Programs, call: Call, batches: Batches) -> list[str]:  # fmt: skip
    """Raises ExportError where the exported programs are not the model: in train and eval, from the same random states,
    over batches of two sizes, outputs, random numbers drawn, gradients and buffers are equal bit for bit.

    `model` is only copied. `batches` gives the tensors of the call. Returns notes for the user: what made no difference so
    far, of what the model keeps in Python and of hooks on gradients.
    """
    with world_kept(), quiet():
        exact_kernels()
        twins = _Twins(model, programs, call)
        kept = causes.attributes(twins.model)
        for number, (training, seed, rows) in enumerate(_schedule()):
            twins.begin(training)
            difference = _tried(twins, training, batches(rows, number), seed)
            if difference is not None:
                again = _Twins(model, programs, call)
                raise _explained(again, kept, batches, number, difference)
        return _notes(twins.model, causes.changed(kept, causes.attributes(twins.model)))


def _notes(model: nn.Module, changed: list[str]) -> list[str]:
    """Of what changed without a difference; random numbers may make one later, so they are refused."""
    generators, others = causes.plain_values(model)
    for name in changed:
        if name in generators:
            raise ExportError(_NOT_THE_MODEL + causes.OWN_GENERATOR.format(name))
    notes = [f"'{name}' of the model changed while it was tried; the job keeps it as it was, which made no difference so far" for name in changed if name in others]  # fmt: skip
    hooked = causes.hooked_backward(model)
    if hooked:
        more = f" and {len(hooked) - 1} more" if len(hooked) > 1 else ""
        notes.append(f"a hook on the gradients of {hooked[0]}{more} is not in the job, which made no difference while the model was tried; the recipe has clip_grad_norm")  # fmt: skip
    return notes


def _tried(twins: _Twins, training: bool, batch: Batch, seed: int) -> _Difference | None:  # fmt: skip
    try:
        eager, exported = twins.step(training, batch, seed)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise ExportError(f"the model fails in a trial step of {counted(batch[0].shape[0], 'sample')}, as train.py would: {type(error).__name__}: {lines[0]}") from None  # fmt: skip
    if twins.eager.draws:
        return _Difference("draws", [])
    return _compared(eager, exported)


def _explained(twins: _Twins, kept: dict[str, bytes], batches: Batches, number: int, difference: _Difference) -> ExportError:  # fmt: skip
    """Runs again up to step `number`, looks into the modules there, and says where the two part, and why."""
    for index, (training, seed, rows) in enumerate(_schedule()[:number]):
        twins.begin(training)
        twins.step(training, batches(rows, index), seed)
    training, seed, rows = _schedule()[number]
    twins.begin(training)
    batch = batches(rows, number)
    outputs = causes.Outputs(twins.model)
    torch.manual_seed(seed)
    nodes = causes.NodeValues(twins.exported.module)  # type: ignore[arg-type]
    with torch.no_grad():
        nodes.run(*[t.clone() for t in batch], enable_io_processing=False)
    torch.manual_seed(seed)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = twins.eager.outputs(batch)
        finally:
            outputs.remove()
    reentrant = any(causes.SAID_BY_CHECKPOINT in str(one.message) for one in said)
    changed = causes.changed(kept, causes.attributes(twins.model))
    where = _where(outputs, nodes, difference)
    what = "" if difference.kind == "draws" else f"{difference.kind} of {causes.named(where)} differ in {'train' if training else 'eval'} mode, in batch {number + 1}: "  # fmt: skip
    return ExportError(_NOT_THE_MODEL + what + (causes.REENTRANT if reentrant and difference.kind == "gradients" else _why(twins, outputs, found, changed, difference)))  # fmt: skip


def _where(outputs: causes.Outputs, nodes: causes.NodeValues, difference: _Difference) -> str:  # fmt: skip
    if not difference.names:
        return causes.where_outputs_part(outputs, nodes)
    owners = {name.rpartition(".")[0] for name in difference.names}
    backwards = [name for name, _ in reversed(outputs.found) if name in owners]
    return (backwards or sorted(owners))[0]


def _why(twins: _Twins, outputs: causes.Outputs, found: list[torch.Tensor], changed: list[str], difference: _Difference) -> str:  # fmt: skip
    for module, generator in outputs.draws.items():
        return f"{causes.named(module)} {causes.PYTHON_RANDOM.format(generator)}"
    backward = difference.kind == "gradients"
    if backward and outputs.inference is not None:
        return causes.INFERENCE.format(causes.named(outputs.inference))
    if backward:
        why = causes.of_graph(found) or causes.of_hooks(twins.model, backward=True)
        return why or causes.UNKNOWN_GRADIENT
    if changed:
        return causes.STATE.format("', '".join(changed[:3]))
    return causes.of_hooks(twins.model, backward=False) or causes.UNKNOWN
