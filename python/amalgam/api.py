"""obfuscate, extract, curves and verify, as the command line has them."""

from __future__ import annotations

import numbers
import os
import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, overload

import numpy
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from . import _core
from .calling import Inputs
from .counted import counted
from .data import Spool
from .errors import UsageError, as_arguments
from .folders import TemporaryFolder
from .job import DryRun, Job
from .programs import Program
from .progress import Bar
from .recipe import Recipe, findings_named
from .tasks import Task, with_same_data, write_known, write_recipe
from .unwrap import unwrapped
from .verifying import can_be_run, eager_differences

PathLike = str | os.PathLike[str]
State = dict[str, torch.Tensor]


def _tasks(model: Any, example_inputs: Any, train_set: Any, validation: Any, tasks: Sequence[Task] | None, **programs: Any) -> list[Task]:  # fmt: skip
    if tasks is not None:
        if model is not None:
            raise UsageError("a model and tasks= both name tasks; use one of the two")
        for name, program in programs.items():
            if program is not None:
                raise UsageError(f"{name}= is of one model; with tasks= it is an argument of each Task")  # fmt: skip
        return _checked(tasks, "tasks")
    if model is None or train_set is None:
        raise UsageError("a model and its train_set are missing, or tasks=")
    return [Task(model, example_inputs, train_set, validation, **programs)]


def _checked(tasks: Any, name: str) -> list[Task]:
    found = list(tasks) if isinstance(tasks, Iterable) else [tasks]
    for number, one in enumerate(found):
        if not isinstance(one, Task):
            raise UsageError(f"{name}[{number}] is {type(one).__name__}; expected an amalgam.Task(model, example_inputs, train_set)")  # fmt: skip
    return found


@overload
def obfuscate(model: Any = ..., example_inputs: Any = ..., train_set: Any = ..., *, dry_run: Literal[True], **options: Any) -> DryRun: ...  # fmt: skip
@overload
def obfuscate(
    model: nn.Module | torch.export.ExportedProgram | PathLike | None = ..., example_inputs: Inputs | None = ..., train_set: Any = ..., *, validation: Any = ...,
    loss: Program | None = ..., transform: Program | None = ..., eval_transform: Program | None = ..., metric: Program | None = ...,
    tasks: Sequence[Task] | None = ..., recipe: Recipe | PathLike | None = ..., decoys: Sequence[Task] | int | None = ..., generated: int | None = ...,
    job: PathLike | None = ..., key: PathLike | None = ..., preset: str | None = ..., noise: str | None = ..., amount: float | None = ..., model_amount: float | None = ...,
    links: int | None = ..., variants: str | None = ..., start: str | None = ..., disguise: str | None = ..., rows: int | None = ..., like: PathLike | None = ...,
    trained: PathLike | None = ..., passphrase: str | None = ..., seed: str | None = ..., threads: int = ..., shard_bytes: int | None = ..., skip_damaged: bool = ...,
    into: nn.Module | None = ..., progress: bool = ..., dry_run: Literal[False] = ...,
) -> Job: ...  # fmt: skip
def obfuscate(  # type: ignore[misc] # the first one leaves out what the second one names
    model: nn.Module | torch.export.ExportedProgram | PathLike | None = None,
    example_inputs: Inputs | None = None,
    train_set: Any = None,
    *,
    validation: Any = None,
    loss: Program | None = None,
    transform: Program | None = None,
    eval_transform: Program | None = None,
    metric: Program | None = None,
    tasks: Sequence[Task] | None = None,
    recipe: Recipe | PathLike | None = None,
    decoys: Sequence[Task] | int | None = None,
    generated: int | None = None,
    job: PathLike | None = None,
    key: PathLike | None = None,
    preset: str | None = None,
    noise: str | None = None,
    amount: float | None = None,
    model_amount: float | None = None,
    links: int | None = None,
    variants: str | None = None,
    start: str | None = None,
    disguise: str | None = None,
    rows: int | None = None,
    like: PathLike | None = None,
    trained: PathLike | None = None,
    passphrase: str | None = None,
    seed: str | None = None,
    threads: int = 0,
    shard_bytes: int | None = None,
    skip_damaged: bool = False,
    into: nn.Module | None = None,
    progress: bool = True,
    dry_run: bool = False,
) -> Any:
    """Writes a job's folder and the key to it, "job" and "home.key" unless named, both or neither; returns the Job.

    The one wanted task is `model` on `train_set`, with a loss, transforms and a metric of its own where they are given (see Task
    for what these may be), or give `tasks`. `decoys` are guests,
    or the number of generated ones, which `generated` gives beside guests; the default is one without guests or a
    second task. `seed`: 64 hexadecimal digits, a secret, for tests and repeatable research. The other arguments are the
    command line's options (amalgam obfuscate --help). Arrays are taken as they lie in memory, and the model is left as
    it was. With `into`, the values that training begins with, which may be drawn anew (Job.start), are loaded into that
    model, so that training it alone gives what the job gives. With `dry_run` all is done but to weave the rows and to
    write: the DryRun that is returned has the job's facts and summary(), the same as the Job's of that seed; job and key
    are checked where they are given.

    Raises Error, with all findings: ExportError where the model cannot be exported, InvalidError where model, data and
    recipe do not fit, ExistsError where job or key is there.
    """
    counted = isinstance(decoys, numbers.Number)
    guests = [] if decoys is None or counted else _checked(decoys, "decoys")
    if counted:
        if generated is not None:
            raise UsageError("decoys= and generated= both give a number")
        generated = decoys  # type: ignore[assignment]
    if into is not None:
        _check_into(into)
        if tasks is not None and len(tasks) > 1:
            raise UsageError(
                "into= takes one task's start; with several, load what Job.start() gives for each"
            )
        if dry_run:
            raise UsageError("into= takes the start of a job, and a dry run makes none")
    if passphrase == "":
        raise UsageError("passphrase= is empty; None leaves the key without one")
    options: dict[str, Any] = {
        "decoys": generated,
        "preset": preset,
        "noise": noise,
        "amount": amount,
        "model_amount": model_amount,
        "links": links,
        "variants": variants,
        "start": start,
        "disguise": disguise,
        "rows": rows,
        "like": None if like is None else os.fspath(like),
        "trained": None if trained is None else os.fspath(trained),
        "passphrase": passphrase,
        "seed": seed,
        "threads": threads,
        "shard_bytes": shard_bytes,
        "skip_damaged": skip_damaged,
        "dry_run": dry_run,
    }
    options = {n: v.tolist() if hasattr(v, "tolist") else v for n, v in options.items()}
    wanted = _tasks(model, example_inputs, train_set, validation, tasks, loss=loss, transform=transform, eval_transform=eval_transform, metric=metric)  # fmt: skip
    settings = Recipe.of(recipe)
    names = [task.name for task in wanted]
    job_path, key_path = _output(job, "job", dry_run), _output(key, "home.key", dry_run)
    with Spool(progress=progress) as spool:
        if into is not None and isinstance(wanted[0].model, nn.Module):
            _check_fits(unwrapped(wanted[0].model).state_dict(), unwrapped(into))
        guests = with_same_data(wanted, guests)
        known = write_known(spool, settings, wanted, guests)
        with findings_named(known, settings, names):
            checked = _core.ObfuscateOptions(str(known), job_path, key_path, options)
        path, arrays, guest_arrays = write_recipe(spool, settings, wanted, guests)
        with findings_named(path, settings, names), Bar() as bar:
            summary = _core.obfuscate(checked, str(path), arrays, guest_arrays, bar if progress else None)  # fmt: skip
        summary["notes"] = [*spool.notes, *map(as_arguments, summary["notes"])]
    if dry_run:
        return DryRun(summary)
    made = Job(Path(job_path), Path(key_path), summary)
    if into is not None:
        _load(made.start(passphrase=passphrase), unwrapped(into))
    return made


def _output(given: PathLike | None, name: str, dry_run: bool) -> str:
    """The path of an output; empty where a dry run has none."""
    if given is None:
        return "" if dry_run else name
    return os.fspath(given)


def _check_into(into: Any) -> None:
    if not isinstance(into, nn.Module):
        raise UsageError(f"into= is {'a class' if isinstance(into, type) else type(into).__name__}; expected the nn.Module that takes the weights")  # fmt: skip


def _load(state: State, into: nn.Module) -> None:
    """All or nothing: load_state_dict() fills what fits before it complains."""
    _check_into(into)
    _check_fits(state, into)
    into.load_state_dict(state)


def _check_fits(state: State, into: nn.Module) -> None:
    known = into.state_dict()
    lacks = [n for n in known if n not in state] + [n for n in state if n not in known]
    other = [n for n, t in state.items() if n in known and known[n].shape != t.shape]
    if lacks or other:
        name = (lacks or other)[0]
        shapes = [f"{list(one[name].shape)} in {where}" for one, where in ((known, "into="), (state, "the task")) if name in one]  # fmt: skip
        raise UsageError(f"into= is not the task's model: '{name}' is {' and '.join(shapes)}{' alone' if lacks else ''}; nothing was loaded")  # fmt: skip
    rounded = [n for n, t in state.items() if torch.promote_types(t.dtype, known[n].dtype) != known[n].dtype]  # fmt: skip
    if rounded:
        name = rounded[0]
        own, task = (str(one[name].dtype).removeprefix("torch.") for one in (known, state))  # fmt: skip
        raise UsageError(f"into= has '{name}' as {own}, and the task as {task}: {counted(len(rounded), 'tensor')} would be rounded; give a model of the task's precision (into.to(torch.{task})), and bring it to {own} afterwards; nothing was loaded")  # fmt: skip


@overload
def extract(trained: PathLike, *, key: PathLike, task: str, into: nn.Module | None = ..., passphrase: str | None = ..., epoch: int | None = ..., best: bool = ..., ema: bool = ..., loss: bool = ...) -> State: ...  # fmt: skip
@overload
def extract(trained: PathLike, *, key: PathLike, task: None = ..., into: nn.Module | None = ..., passphrase: str | None = ..., epoch: int | None = ..., best: bool = ..., ema: bool = ..., loss: bool = ...) -> Any: ...  # fmt: skip
def extract(
    trained: PathLike,
    *,
    key: PathLike,
    task: str | None = None,
    into: nn.Module | None = None,
    passphrase: str | None = None,
    epoch: int | None = None,
    best: bool = False,
    ema: bool = False,
    loss: bool = False,
) -> Any:
    """The wanted models out of a trained file (result/trained.safetensors), or of train.py's folder.

    epoch: the weights after this epoch, from 1 on; best: of each task the epoch that was best by its metric; ema: the
    averaged weights, where the recipe has ema. They lie in the folder, or beside the file; give one of them at most.
    loss: in the models' place what their losses trained, where these have parameters of their own.

    Returns a state dict for one task, a dict of them by name for several. With `into`, the one task's weights are
    loaded into that model, too, or into the one that torch.compile or DataParallel wraps. The file is read as hostile: TrainedFileError where it does not match the key.
    """
    if into is not None:
        _check_into(into)
    with TemporaryFolder() as folder:
        found = _core.extract(os.fspath(key), os.fspath(trained), str(folder.path / "out"), task, passphrase, epoch, best, ema)  # fmt: skip
        without = [name for name, _, of_loss in found if loss and not of_loss]
        if without:
            raise UsageError(f"loss=True: the loss of {without[0]} has no parameters, so that nothing of it was trained")  # fmt: skip
        states = {name: load_file(of_loss if loss else path) for name, path, of_loss in found}  # fmt: skip
    if len(states) > 1:
        if into is not None:
            raise UsageError(f"into= takes one task's weights, but the key has {', '.join(states)}; name one with task=")  # fmt: skip
        return states
    state = next(iter(states.values()))
    if into is not None:
        _load(state, unwrapped(into))
    return state


def curves(
    result: PathLike,
    *,
    key: PathLike,
    out: PathLike | None = None,
    passphrase: str | None = None,
) -> dict[str, dict[str, dict[str, NDArray[numpy.float64]]]]:
    """What was learnt, of the wanted tasks alone, from train.py's folder (result), or its metrics.jsonl.

    By task a dict of its splits: "train" and "valid" (held-out rows; without any, of no length) at the ends of epochs,
    "train-steps" every 50 batches over the rows of the epoch so far. Each is a dict of float64 arrays of one length: "epoch"
    (from 1), "step" (batches of training so far), "loss", "lr" (the learning rate), and the task's metric under its name where
    it has one; NaN where a value was not finite or is not said. So pandas.DataFrame(curves["task"]["valid"]) is a table.

    out: a page with charts is written there, which tells which tasks are wanted. The file is read as hostile: lines that are
    none of train.py's are left out, with a warning that covers all sub-networks alike.
    """
    found, notes = _core.curves(os.fspath(key), os.fspath(result), None if out is None else os.fspath(out), passphrase)  # fmt: skip
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return found


@dataclass(frozen=True)
class Verified:
    """Of one wanted task: how many of its tensors equal plain training's, bit for bit."""

    name: str
    tensors: int
    identical: int
    # name, largest absolute difference; inf where not comparable
    differences: list[tuple[str, float]]
    # why the plain run is not bit for bit what the model itself gives; it is what the job is compared with
    weakened_by: list[str]
    holds: bool
    distance: float  # the norm of all differences; inf where not comparable
    # where there are differences: how far two plain runs are apart, and what is therefore allowed; mostly (0, 0)
    bound: tuple[float, float] | None
    # tensors that are missing, extra, of another form, or not finite; settings that are not the job's
    problems: list[str]
    # tensors in which the modules, run eagerly, are not what their programs gave; None: there were no modules, or no
    # data in memory, or `weakened_by` says why the programs are not the modules
    eager: list[str] | None = None


def verify(
    model: nn.Module | torch.export.ExportedProgram | PathLike | None = None,
    example_inputs: Inputs | None = None,
    train_set: Any = None,
    *,
    loss: Program | None = None,
    transform: Program | None = None,
    eval_transform: Program | None = None,
    metric: Program | None = None,
    validation: Any = None,
    tasks: Sequence[Task] | None = None,
    recipe: Recipe | PathLike | None = None,
    job: PathLike = "job",
    key: PathLike = "home.key",
    steps: int = 20,
    plain: PathLike | None = None,
    passphrase: str | None = None,
    python: str = sys.executable,
) -> list[Verified]:
    """Trains the job and the plain model for `steps` batches on the CPU, and compares every tensor.

    Model, data, loss, transforms, metric and recipe are those that the job was made with: the model with its own values or at its
    start. A metric may need the validation data, too. What the job is compared with are the exported programs; where modules and data in memory are given, these
    are trained eagerly, too. `plain` keeps rows, sub-network, start, recipe and plain weights of each task in that folder.
    """
    wanted = _tasks(model, example_inputs, train_set, validation, tasks, loss=loss, transform=transform, eval_transform=eval_transform, metric=metric)  # fmt: skip
    settings = Recipe.of(recipe)
    names = [task.name for task in wanted]
    with Spool(progress=False) as spool:
        known = write_known(spool, settings, wanted, [])
        kept = spool.path / "plain" if plain is None else Path(plain)
        with findings_named(known, settings, names):
            checked = _core.VerifyOptions(str(known), os.fspath(job), os.fspath(key), steps, python, str(kept), passphrase)  # fmt: skip
        path, arrays, _ = write_recipe(spool, settings, wanted, [])
        with findings_named(path, settings, names):
            found = [Verified(*result) for result in _core.verify(checked, str(path), arrays)]  # fmt: skip
        return [_with_eager(one, wanted, arrays, kept, steps, python, spool) for one in found]  # fmt: skip


def _with_eager(result: Verified, wanted: Sequence[Task], arrays: Sequence[Any], kept: Path, steps: int, python: str, spool: Spool) -> Verified:  # fmt: skip
    """The result, which holds where the modules themselves train alike, too."""
    number = [task.name for task in wanted].index(result.name)
    task, training = wanted[number], arrays[number][0]
    if result.weakened_by or not can_be_run(task, training):
        return result
    work = spool.path / f"eager-{number}"
    eager = eager_differences(task, training, kept / result.name, steps, python, work)
    return replace(result, eager=eager, holds=result.holds and not eager)
