"""The user's own modules, trained eagerly in plain PyTorch, beside their exported programs."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy
import torch
from safetensors.torch import load_file
from torch import nn

from . import _core
from .batches import Arrays
from .calling import Call
from .copying import copy_of
from .programs import as_module, is_file, stored_target
from .quiet import quiet, world_kept
from .tasks import Task
from .unwrap import module_of


@contextmanager
def _plain_training(folder: Path) -> Iterator[Any]:
    """The loop of plain training, imported from its files, which nothing else finds afterwards."""
    names = []
    for name, content in _core.plain_training_files():
        (folder / name).write_text(content, encoding="utf-8")
        names.append(name.removesuffix(".py"))
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("plain_training")
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


@contextmanager
def _threads_of(python: str) -> Iterator[None]:
    """As many threads as the interpreter has by itself: sums are added up in another order with another number."""
    told = subprocess.run([python, "-c", "import torch; print(torch.get_num_threads())"], capture_output=True, text=True, check=False).stdout  # fmt: skip
    before = torch.get_num_threads()
    torch.set_num_threads(int(told) if told.strip().isdecimal() else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def can_be_run(task: Task, arrays: Arrays | None) -> bool:
    """Whether there are modules to run, and data in memory to run them on."""
    own = (task.loss, task.transform, task.eval_transform)
    return isinstance(task.model, nn.Module) and arrays is not None and not any(is_file(one) for one in own)  # fmt: skip


def _fields(arrays: Arrays, recipe: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """Features and targets in the job's order, in the shapes that model and loss take."""
    by_name = {name.lower(): name for name in arrays}
    x, y = {}, {}
    for name, shape in zip(recipe["fields"], recipe["shapes"], strict=True):
        values = torch.as_tensor(numpy.ascontiguousarray(arrays[by_name[name]]))
        if name in recipe["features"]:
            x[by_name[name]] = values.reshape(-1, *shape)
        else:
            y[by_name[name]] = stored_target(values).reshape(-1, *shape)
    return x, y


def _trained(task: Task, arrays: Arrays, kept: Path, steps: int, work: Path) -> dict[str, torch.Tensor]:  # fmt: skip
    """The state that eager training gives from the job's start over its rows."""
    recipe = json.loads((kept / "recipe.json").read_text())
    start = load_file(kept / "start.safetensors")
    model = copy_of(module_of(task.model, "verify"))
    call = Call(model, task.example_inputs)  # type: ignore[arg-type]
    known = model.state_dict()
    model.load_state_dict({n: t for n, t in start.items() if n in known})
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(parameter.requires_grad and name not in recipe["frozen"])  # fmt: skip
    model = call.of_tensors(model).train()  # by position, as the loop calls it
    own = {}
    for name in ("loss", "transform", "eval_transform"):
        given = getattr(task, name)
        if given is not None:
            own[name] = copy_of(as_module(given, name))
    learnt = {n.removeprefix("loss."): t for n, t in start.items() if n not in known}
    if learnt:
        own["loss"].load_state_dict(learnt)
    x, y = _fields(arrays, recipe)
    recipe["inputs"] = [next((n for n in x if n.lower() == name), name) for name in recipe["inputs"]]  # fmt: skip
    dtypes = [getattr(torch, name) for name in recipe["dtypes"]]
    rows = torch.as_tensor(numpy.load(kept / "rows.npy"))
    with _plain_training(work) as plain:
        plain.train(model, x, y, rows, recipe, max_steps=steps, dtypes=dtypes, **own)
    state = dict(model.state_dict())
    if learnt:
        state.update({f"loss.{n}": t for n, t in own["loss"].state_dict().items()})
    return state


def eager_differences(task: Task, arrays: Arrays, kept: Path, steps: int, python: str, work: Path) -> list[str]:  # fmt: skip
    """Names of tensors in which the modules, trained eagerly, differ from what their programs gave (which verify keeps in
    `kept`), in any bit."""
    work.mkdir()
    with world_kept(), quiet(), _threads_of(python):
        found = _trained(task, arrays, kept, steps, work)
    expected = load_file(kept / "weights.safetensors")

    def same(name: str) -> bool:
        if name not in found or found[name].shape != expected[name].shape:
            return False
        bits = (t.detach().contiguous().reshape(-1).view(torch.uint8) for t in (found[name], expected[name]))  # fmt: skip
        return found[name].dtype == expected[name].dtype and torch.equal(*bits)

    return [name for name in expected if not same(name)]
