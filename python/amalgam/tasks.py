"""A model, its data and its part of the recipe, and how they reach the core."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from .data import Arrays, Spool
from .errors import UsageError
from .exporting import Inputs, export
from .recipe import Recipe, task_toml

Pair = tuple[Arrays | None, Arrays | None]


@dataclass
class Task:
    """What is trained: a model on its data.

    model: an nn.Module, left untouched; or the path of a .pt2; None (decoys only): a variant of the first task's.
    example_inputs: what export needs: a tensor [N, ...], several, or a mapping by forward()'s argument names; not
        needed for a path.
    train_set, validation: a map-style Dataset of (features, target), a pair or mapping of arrays ([N, ...], uint8,
        int32, int64 or float32; targets "y"), a Hugging Face Dataset, or a path as the command line takes it.
    name: of a wanted task, letters, digits, '_' and '-'.
    recipe: what differs from the job's recipe.
    """

    model: nn.Module | str | os.PathLike[str] | None
    example_inputs: Inputs | None = None
    train_set: Any = None
    validation: Any = None
    name: str = "task"
    recipe: Recipe | None = None

    def _input_names(self) -> list[str]:
        if not isinstance(self.model, nn.Module):
            return []
        return list(inspect.signature(self.model.forward).parameters)

    def _write_model(self, folder: Path, number: str) -> dict[str, str]:
        if self.model is None:
            return {}
        if not isinstance(self.model, nn.Module):
            return {"model": str(Path(self.model).resolve())}
        if self.example_inputs is None:
            raise UsageError(f"task '{self.name}': example_inputs are missing, which the export of the model needs")  # fmt: skip
        path = folder / f"{number}.pt2"
        found = {"model": str(path)}
        eval_path = export(self.model, self.example_inputs, path)
        return found if eval_path is None else {**found, "eval_model": str(eval_path)}

    def table(self, spool: Spool, kind: str, number: str) -> tuple[str, Pair]:
        """The [[task]] or [[decoy]] table, and the arrays that stand for its data."""
        values: dict[str, str] = {"name": self.name} if kind == "task" else {}
        values.update(self._write_model(spool.path, number))
        pair: list[Arrays | None] = []
        for key, data in (("data", self.train_set), ("validation", self.validation)):
            found = spool.arrays(data, self._input_names(), f"{self.name}'s {key}")
            if isinstance(found, str):
                values[key] = ",".join(str(Path(part).resolve()) for part in found.split(","))  # fmt: skip
                found = None
            pair.append(found)
        return task_toml(kind, values, self.recipe), (pair[0], pair[1])


def write_recipe(
    spool: Spool, recipe: Recipe, tasks: Sequence[Task], decoys: Sequence[Task]
) -> tuple[Path, list[Pair], list[Pair]]:
    """recipe.toml with all tables, and the arrays of tasks and decoys."""
    text = recipe.to_toml()
    pairs: dict[str, list[Pair]] = {"task": [], "decoy": []}
    for kind, some in (("task", tasks), ("decoy", decoys)):
        for number, task in enumerate(some):
            table, pair = task.table(spool, kind, f"{kind}{number}")
            text += table
            pairs[kind].append(pair)
    path = spool.path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return path, pairs["task"], pairs["decoy"]
