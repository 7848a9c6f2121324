"""A model, its data and its part of the recipe, and how they reach the core."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
import torch
from torch import nn

from .calling import Inputs
from .data import Arrays, Spool
from .errors import UsageError
from .exporting import Exported
from .given import check_kind
from .quiet import quiet
from .recipe import Recipe, task_table
from .unwrap import module_of

Pair = tuple[Arrays | None, Arrays | None]


@dataclass
class Task:
    """What is trained: a model on its data.

    model: an nn.Module, left untouched (torch.compile, DataParallel and DistributedDataParallel are taken off); an
        exported program, or the path of a .pt2; None (decoys only): a variant of the first task's.
    example_inputs: what export needs: a tensor [N, ...], several, a mapping by forward()'s argument names, or the tuples
        and dicts of tensors that forward() takes; not needed for a program or a path.
    train_set, validation: a map-style Dataset of (features, target), a pair or mapping of arrays ([N, ...], uint8,
        int32, int64 or float32; targets "y"), a Hugging Face Dataset, or a path as the command line takes it.
    name: of a wanted task, letters, digits, '_' and '-'.
    recipe: what differs from the job's recipe.
    """

    model: nn.Module | torch.export.ExportedProgram | str | os.PathLike[str] | None
    example_inputs: Inputs | None = None
    train_set: Any = None
    validation: Any = None
    name: str = "task"
    recipe: Recipe | None = None

    def _model_path(self) -> str | None:
        if isinstance(self.model, (str, os.PathLike)):
            return str(Path(os.fspath(self.model)).resolve())
        return None

    def known(self, kind: str) -> dict[str, Any]:
        """The [[task]] or [[decoy]] table before any model is exported and any row read: without what these make.

        Raises Error for what can be told before, too.
        """
        values: dict[str, str] = {"name": self.name} if kind == "task" else {}
        self._check_model()
        for key, data in (("data", self.train_set), ("validation", self.validation)):
            if isinstance(data, (str, os.PathLike)):
                values[key] = _resolved(data)
            elif data is not None:
                check_kind(data, self._data_name(key))
        model = self._model_path()
        if model is not None:
            values["model"] = model
        return task_table(kind, values, self.recipe)

    def _data_name(self, key: str) -> str:
        return f"task '{self.name}': {'training' if key == 'data' else key} data"

    def _check_model(self) -> bool:
        """Whether the model is one that has to be exported."""
        if self.model is None or isinstance(self.model, (str, os.PathLike, torch.export.ExportedProgram)):  # fmt: skip
            return False
        module_of(self.model, f"task '{self.name}'")
        if self.example_inputs is None:
            raise UsageError(f"task '{self.name}': example_inputs are missing, which the export of the model needs")  # fmt: skip
        return True

    def _exported(self) -> Exported | None:
        """The model's graphs; None where a file has them."""
        if not self._check_model() or self.example_inputs is None:
            return None
        return Exported(self.model, self.example_inputs, f"task '{self.name}'")

    def _write_model(self, exported: Exported | None, path: Path) -> dict[str, str]:
        """The table's model and eval_model."""
        if self.model is None:
            return {}
        if isinstance(self.model, torch.export.ExportedProgram):
            with quiet():
                torch.export.save(self.model, path)
            return {"model": str(path)}
        given = self._model_path()
        if given is not None or exported is None:
            return {"model": str(given)}
        eval_path = exported.save(path)
        found = {"model": str(path)}
        return found if eval_path is None else {**found, "eval_model": str(eval_path)}

    def table(
        self, spool: Spool, kind: str, number: str
    ) -> tuple[dict[str, Any], Pair]:
        """The [[task]] or [[decoy]] table, and the arrays that stand for its data."""
        values: dict[str, str] = {"name": self.name} if kind == "task" else {}
        exported = self._exported()
        names = exported.inputs() if exported else {}
        pair: list[Arrays | None] = []
        for key, data in (("data", self.train_set), ("validation", self.validation)):
            found = spool.arrays(data, list(names), self._data_name(key))
            if isinstance(found, str):
                values[key] = _resolved(found)
                found = None
            pair.append(found)
        if exported:
            spool.notes += exported.check(pair[0])
        values.update(self._write_model(exported, spool.path / f"{number}.pt2"))
        training, validation = (_renamed(one, names) for one in pair)
        return task_table(kind, values, self.recipe), (training, validation)


def _resolved(data: str | os.PathLike[str]) -> str:
    parts = os.fspath(data).split(",")
    return ",".join(str(Path(part).resolve()) for part in parts)


def _renamed(arrays: Arrays | None, names: dict[str, str]) -> Arrays | None:
    """Fields under the names that the exported program has for the model's inputs: it writes them in small letters."""
    if arrays is None:
        return None
    return {names.get(name, name): values for name, values in arrays.items()}


def write_known(
    spool: Spool, recipe: Recipe, tasks: Sequence[Task], decoys: Sequence[Task]
) -> Path:
    """recipe.toml as far as it is known before any model is exported."""
    tables: dict[str, Any] = recipe.tables()
    for kind, some in (("task", tasks), ("decoy", decoys)):
        if some:
            tables[kind] = [task.known(kind) for task in some]
    path = spool.path / "recipe.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    return path


def write_recipe(
    spool: Spool, recipe: Recipe, tasks: Sequence[Task], decoys: Sequence[Task]
) -> tuple[Path, list[Pair], list[Pair]]:
    """recipe.toml with all tables, and the arrays of tasks and decoys."""
    tables: dict[str, Any] = recipe.tables()
    pairs: dict[str, list[Pair]] = {"task": [], "decoy": []}
    for kind, some in (("task", tasks), ("decoy", decoys)):
        for number, task in enumerate(some):
            table, pair = task.table(spool, kind, f"{kind}{number}")
            tables.setdefault(kind, []).append(table)
            pairs[kind].append(pair)
    path = spool.path / "recipe.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    return path, pairs["task"], pairs["decoy"]
